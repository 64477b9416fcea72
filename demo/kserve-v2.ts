import {
  type DemoModel,
  decodePath,
  failure,
  type HttpAnswer,
  type HttpQuestion,
  type Models,
  message,
  onlyFor,
  withModel,
} from "./kserve-v1.ts";

/** A tensor of the Open Inference Protocol as JSON. */
interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly datatype: string;
  readonly data?: readonly unknown[];
  readonly parameters?: { readonly binary_data_size?: number };
}

const server = { name: "kserve", version: "0.21.0", extensions: ["model_repository_extension"] };

/**
 * Answers a request in the Open Inference Protocol (KServe's "v2") over REST, with the statuses and the words of KServe's
 * Python server. As its own servers do, it takes one tensor with all rows (of FP64 here), and does not describe what a model takes.
 */
export function answerV2(models: Models, request: HttpQuestion): HttpAnswer {
  const path = decodePath(request.url.pathname);
  const get = (body: unknown): HttpAnswer => onlyFor("GET", request, () => ({ status: 200, body }));
  switch (path) {
    case "/v2":
      return get(server);
    case "/v2/health/live":
      return get({ live: true });
    case "/v2/health/ready":
      return get({ ready: true });
    case "/v2/models":
      return get({ models: Object.keys(models) });
  }
  const [, name, question] = /^\/v2\/models\/([^/]+)(?:\/(ready|infer))?$/.exec(path) ?? [];
  if (name === undefined) return { status: 404, body: { detail: "Not Found" } };
  switch (question) {
    case "ready":
      return onlyFor("GET", request, () =>
        withModel(models, name, () => ({ status: 200, body: { name, ready: true } })),
      );
    case "infer":
      return onlyFor("POST", request, () => withModel(models, name, (model) => infer(name, model, request)));
    default:
      // Says nothing of the model whether or not it is ready.
      return Object.hasOwn(models, name)
        ? get({ name, versions: null, platform: "", inputs: [], outputs: [] })
        : withModel(models, name, () => get(undefined));
  }
}

function infer(name: string, model: DemoModel, { body, jsonBytes = body.length }: HttpQuestion): HttpAnswer {
  let payload: { readonly id?: string; readonly inputs?: readonly Tensor[] };
  try {
    payload = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body.subarray(0, jsonBytes)));
  } catch (error) {
    return failure(400, `Unrecognized request format: ${message(error)}`);
  }
  const input = payload?.inputs?.[0];
  if (input === undefined)
    return { status: 422, body: { detail: [{ loc: ["body", "inputs"], msg: "Field required" }] } };
  try {
    const outputs = outputsOf(model.predict(rowsOf(input, body.subarray(jsonBytes))));
    return {
      status: 200,
      body: { model_name: name, model_version: null, id: payload.id ?? "demo", parameters: null, outputs },
    };
  } catch (error) {
    return failure(500, message(error));
  }
}

/** The rows of a tensor [n, f], whose elements are JSON, nested or flat, or doubles in a block behind it. */
function rowsOf({ shape, data = [], parameters }: Tensor, blocks: Uint8Array): unknown[] {
  const width = shape.slice(1).reduce((product, size) => product * size, 1);
  const elements =
    parameters?.binary_data_size === undefined
      ? data.flat(Number.POSITIVE_INFINITY)
      : [...new Float64Array(new Uint8Array(blocks.subarray(0, parameters.binary_data_size)).buffer)];
  if (elements.length !== shape[0]! * width) {
    throw new Error(`cannot reshape array of size ${elements.length} into shape (${shape.join(",")})`);
  }
  return Array.from({ length: shape[0]! }, (_, row) => elements.slice(row * width, (row + 1) * width));
}

/** Numbers and lists of them as one output, objects as an output for each name. */
function outputsOf(predictions: readonly unknown[]): Tensor[] {
  const [first] = predictions;
  if (typeof first !== "object" || first === null || Array.isArray(first)) return [outputOf("output-0", predictions)];
  return Object.keys(first).map((name) =>
    outputOf(
      name,
      predictions.map((prediction) => (prediction as Readonly<Record<string, unknown>>)[name]),
    ),
  );
}

function outputOf(name: string, values: readonly unknown[]): Tensor {
  const [first] = values;
  const shape = Array.isArray(first) ? [values.length, first.length] : [values.length];
  return { name, shape, datatype: "FP64", data: values.flat() };
}
