import { wantedUnless } from "../../base/cancellation.ts";
import { finishInSlices, type Slices } from "../../base/in-slices.ts";
import { valueUnder } from "../../base/value-under.ts";
import type { RestInference, TensorMetadata } from "../../registry/inference.ts";
import type { UpstreamAnswer, UpstreamCall } from "../../registry/ports.ts";
import { RegistryError } from "../../registry/registry-error.ts";
import { byServer } from "../../tensors/by-server.ts";
import { readRestMessage } from "../../tensors/rest/read-message.ts";
import { type RestHead, writeRestMessage } from "../../tensors/rest/write-message.ts";
import { AlikeAnswers } from "../../tensors/rows/alike-answers.ts";
import type { HeldAs } from "../../tensors/rows/row-cells.ts";
import type { RowBatch } from "../../tensors/rows/split-rows.ts";
import { type PredictionsBody, predictionsBody } from "../../tensors/rows/tensors-to-predictions.ts";
import { translateRequest } from "../../tensors/rows/translated.ts";
import { type BatchAnswer, predictBatches } from "../predict-batches.ts";
import type { DescribedModel } from "./describe-model.ts";
import { assertAnswered, postInference } from "./post-inference.ts";
import type { RestParts } from "./rest-parts.ts";

/** KServe 0.21 fails over texts that scikit-learn predicts by v2, and answers them by v1 (kserve#6204). */
const failsOverTexts = /decoding str is not supported/;

/** Each description is one object, so that a model which has changed has other answers. */
const alike = new WeakMap<DescribedModel, AlikeAnswers>();

/** Translates rows into tensors, and the tensors that the server answers into predictions. @throws RegistryError */
export async function predictRows(parts: RestParts, call: UpstreamCall): Promise<UpstreamAnswer> {
  const describing = parts.describe(call);
  const described = describing instanceof Promise ? await describing : describing;
  const { dialect, metadata, maxRows } = described;
  const translating = translateRequest(call.model, call, metadata, heldAs(described), maxRows);
  const { batches, parameters } = translating instanceof Promise ? await translating : translating;
  const asksBinary = dialect.binary && metadata.outputs.some(isHalf);
  const head = {
    id: call.headers["x-request-id"] ?? "",
    parameters: asksBinary ? new Map([...parameters, ["binary_data_output", true]]) : parameters,
  };
  const answer = predictBatches(call, batches, parts.limits, (batch) =>
    predictBatch(parts, call, described, head, batch),
  );
  if (dialect.server !== "kserve") return await answer;
  return await answer.catch((error: unknown) => {
    if (error instanceof RegistryError && failsOverTexts.test(error.message)) return parts.v1.predict(call);
    throw error;
  });
}

/** @throws RegistryError */
async function predictBatch(
  parts: RestParts,
  call: UpstreamCall,
  described: DescribedModel,
  head: RestHead,
  { tensors, count }: RowBatch,
): Promise<BatchAnswer> {
  const { model, cancellation, holder } = call;
  const request = writeRestMessage(head, "inputs", tensors);
  if (holder !== undefined) parts.limits.memory.takeAtLeast(holder, request.body.byteLength);
  const response = await postInference(parts.client, call, request);
  assertAnswered(parts, model, response);
  const { status, body, jsonBytes, attempts } = response;
  const answers = valueUnder(alike, described, () => new AlikeAnswers());
  if (jsonBytes === undefined) {
    const known = answers.predictionsOf(body, head.id, count);
    if (known !== undefined) return { status, predictions: known, attempts };
  }
  try {
    const slices = readPredictions(parts, { form: "rest", body, jsonBytes }, described, head.id, count, answers);
    const predictions = await byServer(model, { body, status, attempts }, () =>
      finishInSlices(slices, wantedUnless(cancellation)),
    );
    return { status, predictions, attempts };
  } catch (error) {
    if (error instanceof RegistryError && error !== cancellation.reason) parts.doubt(model);
    throw error;
  }
}

function* readPredictions(
  { json, limits }: RestParts,
  inference: RestInference,
  { metadata }: DescribedModel,
  id: string,
  count: number,
  answers: AlikeAnswers,
): Slices<PredictionsBody> {
  const { tensors: outputs, ...said } = yield* readRestMessage(inference, "outputs", json);
  const made = yield* predictionsBody({ ...said, outputs }, count, metadata.outputs, limits.maxResponseBytes);
  answers.note(inference.body, id, count, outputs[0]!.data, made);
  return made;
}

/** JSON has no FP16: it goes as a block of the binary tensor extension to a server that takes one. */
function heldAs({ dialect, metadata }: DescribedModel): HeldAs {
  if (dialect.binary && metadata.inputs.some(isHalf)) return { as: "raw" };
  return { as: "json", nonFinite: dialect.nonFinite };
}

function isHalf({ datatype }: TensorMetadata): boolean {
  return datatype === "FP16" || datatype === "BF16";
}
