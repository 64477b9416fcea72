import { wantedUnless } from "../../base/cancellation.ts";
import { finishInSlices, type Slices } from "../../base/in-slices.ts";
import { valueUnder } from "../../base/value-under.ts";
import type { RestInference, TensorMetadata } from "../../registry/inference.ts";
import type { MemoryBudget } from "../../registry/memory-budget.ts";
import type { RegisteredModel } from "../../registry/model.ts";
import type { AnswerForm, UpstreamAnswer, UpstreamCall, UpstreamTerms } from "../../registry/ports.ts";
import { RegistryError } from "../../registry/registry-error.ts";
import { byServer, inferenceHint } from "../../tensors/by-server.ts";
import { type JsonLimits, readRestMessage } from "../../tensors/rest/read-message.ts";
import { writeRestMessage } from "../../tensors/rest/write-message.ts";
import { AlikeAnswers } from "../../tensors/rows/alike-answers.ts";
import { type PredictionsBody, predictionsBody } from "../../tensors/rows/tensors-to-predictions.ts";
import { translateRequest } from "../../tensors/rows/translated.ts";
import { DescriptionCache } from "../description-cache.ts";
import { maxReadinessBytes } from "../http/answer-encoding.ts";
import type { ModelClient, ModelResponse } from "../http/model-client.ts";
import { errorFromStatus } from "../http/upstream-error.ts";
import { predictBatches } from "../predict-batches.ts";
import type { Protocol } from "../protocol.ts";
import { type DescribedModel, describeModel } from "./describe-model.ts";
import { askModelNames } from "./model-names.ts";
import { modelPath } from "./model-path.ts";
import { passInference } from "./pass-inference.ts";
import { postInference } from "./post-inference.ts";
import { readinessFromResponse } from "./readiness-answer.ts";
import { serverWords } from "./server-words.ts";

const form: AnswerForm = { keys: ["predictions"], hint: inferenceHint };

export interface OpenInferenceOptions {
  readonly client: ModelClient;
  /** KServe v1, for what KServe's server answers wrongly by v2. */
  readonly v1: Protocol;
  /** How large an answer may become as JSON. */
  readonly maxResponseBytes: number;
  readonly memory: MemoryBudget;
  readonly json: JsonLimits;
}

/** KServe 0.21 fails over texts that scikit-learn predicts by v2, and answers them by v1 (kserve#6204). */
const failsOverTexts = /decoding str is not supported/;

/** Speaks the Open Inference Protocol (KServe's v2) with model servers, over REST. */
export function createOpenInferenceRest(options: OpenInferenceOptions): Protocol {
  const { client, v1, maxResponseBytes, memory, json } = options;
  const described = new DescriptionCache<DescribedModel>(memory, (model, asker) => describeModel(client, model, asker));
  const describe = ({ model, cancellation, headers }: UpstreamTerms): DescribedModel | Promise<DescribedModel> =>
    described.of(model, { cancellation, authorization: headers.authorization });
  const alike = new WeakMap<DescribedModel, AlikeAnswers>();

  /** What fails may fail because the model is another one by now. */
  const failed = (model: RegisteredModel, response: ModelResponse): RegistryError => {
    described.doubt(model);
    return errorFromStatus(model, response, serverWords);
  };

  const predictions = function* (
    inference: RestInference,
    id: string,
    count: number,
    declared: readonly TensorMetadata[],
    answers: AlikeAnswers,
  ): Slices<PredictionsBody> {
    const { tensors: outputs, ...said } = yield* readRestMessage(inference, "outputs", json);
    const made = yield* predictionsBody({ ...said, outputs }, count, declared, maxResponseBytes);
    answers.note(inference.body, id, count, outputs[0]!.data, made);
    return made;
  };

  return {
    name: "open-inference-rest",
    title: "Open Inference Protocol (v2)",
    modelPath: ({ model }) => `/v2/models/${model}`,
    predictPath: (model) => `${modelPath(model)}/infer`,

    async predict(call: UpstreamCall): Promise<UpstreamAnswer> {
      const { model, headers, holder } = call;
      const describing = describe(call);
      const description = describing instanceof Promise ? await describing : describing;
      const { dialect, metadata, maxRows } = description;
      const halves = metadata.inputs.some(isHalf);
      const heldAs =
        halves && dialect.binary ? ({ as: "raw" } as const) : ({ as: "json", nonFinite: dialect.nonFinite } as const);
      const translating = translateRequest(model, call, metadata, heldAs, maxRows);
      const { batches, parameters } = translating instanceof Promise ? await translating : translating;
      const asksBinary = dialect.binary && metadata.outputs.some(isHalf);
      const id = headers["x-request-id"] ?? "";
      const answers = valueUnder(alike, description, () => new AlikeAnswers());
      const head = {
        id,
        parameters: asksBinary ? new Map([...parameters, ["binary_data_output", true]]) : parameters,
      };
      const answer = predictBatches(call, batches, options, async ({ tensors, count }) => {
        const request = writeRestMessage(head, "inputs", tensors);
        if (holder !== undefined) memory.takeAtLeast(holder, request.body.byteLength);
        const response = await postInference(client, call, request);
        const { status, attempts } = response;
        if (status !== 200 && status !== 201) throw failed(model, response);
        if (response.jsonBytes === undefined) {
          const known = answers.predictionsOf(response.body, id, count);
          if (known !== undefined) return { status, predictions: known, form, attempts };
        }
        try {
          const inference = { form: "rest", body: response.body, jsonBytes: response.jsonBytes } as const;
          const made = await byServer(model, { body: response.body, status, attempts }, () =>
            finishInSlices(
              predictions(inference, id, count, metadata.outputs, answers),
              wantedUnless(call.cancellation),
            ),
          );
          return { status, predictions: made, form, attempts };
        } catch (error) {
          if (error instanceof RegistryError && error !== call.cancellation.reason) described.doubt(model);
          throw error;
        }
      });
      if (dialect.server !== "kserve") return await answer;
      return await answer.catch((error: unknown) => {
        if (error instanceof RegistryError && failsOverTexts.test(error.message)) return v1.predict(call);
        throw error;
      });
    },

    infer: (call) => passInference({ client, describe, failed, json }, call),

    async askMetadata(model, cancellation) {
      return (await described.of(model, { cancellation })).metadata;
    },

    async askReadiness(model, cancellation, closes = false) {
      const { status, location, body } = await client.ask(model, {
        path: `${modelPath(model)}/ready`,
        maxBytes: maxReadinessBytes,
        cancellation,
        closes,
      });
      return { status, location, readiness: readinessFromResponse(status, body) };
    },

    askNames: (model, cancellation) => askModelNames(client, model, cancellation),
  };
}

function isHalf({ datatype }: { readonly datatype: string }): boolean {
  return datatype === "FP16" || datatype === "BF16";
}
