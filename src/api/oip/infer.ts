import { asBuffer } from "../../base/as-buffer.ts";
import { type AssertWanted, finishInSlices, inSlices, type Slices, slicesOf } from "../../base/in-slices.ts";
import { TooManyValues } from "../../predict/json/json-scanner.ts";
import { waitsFor } from "../../predict/limits/time-limit.ts";
import type { Pipeline } from "../../predict/pipeline.ts";
import type { GrpcInference, InferenceBytes, RestInference } from "../../registry/inference.ts";
import type { MemoryBudget } from "../../registry/memory-budget.ts";
import type { RegisteredModel } from "../../registry/model.ts";
import { RegistryError } from "../../registry/registry-error.ts";
import { byCaller } from "../../tensors/by-caller.ts";
import { byServer } from "../../tensors/by-server.ts";
import { heldAsJson, heldAsRaw } from "../../tensors/elements/convert-elements.ts";
import { assertElementCount, jsonItemCount } from "../../tensors/elements/json-elements.ts";
import { type GrpcMessage, readGrpcMessage } from "../../tensors/grpc/read-message.ts";
import { writeGrpcMessage } from "../../tensors/grpc/write-message.ts";
import { type JsonLimits, readRestMessage } from "../../tensors/rest/read-message.ts";
import { withoutRestParameters } from "../../tensors/rest/without-rest-parameters.ts";
import { writeRestMessage } from "../../tensors/rest/write-message.ts";
import { isFrame } from "../../tensors/rows/tensor-plan.ts";
import {
  elementCount,
  noParameters,
  type Parameters,
  type RequestedOutput,
  sliceTensors,
  type Tensor,
} from "../../tensors/tensor.ts";
import { TensorProblem } from "../../tensors/tensor-problem.ts";
import { tooManyValues } from "../body-limits.ts";
import type { CommonCall } from "../predict-call.ts";
import { versionOf } from "../rpc/predict-messages.ts";
import { assertVersion } from "./model-version.ts";
import { renamedGrpc, renamingRest } from "./rename-answer.ts";
import { rowsFromTensors } from "./rows-from-tensors.ts";
import { selectOutputs } from "./select-outputs.ts";
import { tensorsFromPredictions } from "./tensors-from-predictions.ts";

/** An inference request as a caller sent it. */
export type AskedInference = AskedOverGrpc | AskedOverRest;

interface AskedOverGrpc extends GrpcInference {
  /** The same, where it has been read. */
  readonly read?: GrpcMessage;
}

interface AskedOverRest extends RestInference {
  /** Of the path; empty where it has none. */
  readonly version: string;
}

/** What inference needs of the rest. */
export interface InferDeps {
  readonly pipeline: Pipeline;
  /** Undefined: bytes are not counted. */
  readonly memory: MemoryBudget | undefined;
  readonly maxMessageValues: number;
}

/** Writing one number takes about as long as this fraction of decoding a message value. */
export const elementsPerValue = 16;

/** A request, read from either form. */
interface ReadRequest {
  readonly id: string;
  readonly modelVersion: string;
  readonly parameters: Parameters;
  readonly tensors: readonly Tensor[];
  readonly requested: readonly RequestedOutput[];
  /** Whether elements came as raw contents of gRPC. */
  readonly isRaw: boolean;
}

/** An answer, read from either form or made from predictions. */
interface ReadAnswer {
  readonly id: string;
  readonly modelVersion: string;
  readonly parameters: Parameters;
  readonly outputs: readonly Tensor[];
}

/**
 * Answers an inference request in the form in which it was sent. Between a caller and a model of the same form the
 * bytes are passed on, and only the model's name in the answer is changed; otherwise request and answer are translated.
 *
 * @throws RegistryError
 */
export function infer(
  deps: InferDeps,
  model: RegisteredModel,
  asked: AskedInference,
  call: CommonCall,
): Promise<InferenceBytes> {
  return model.protocol === "v1" ? inferByRows(deps, model, asked, call) : passOn(deps, model, asked, call);
}

async function inferByRows(
  deps: InferDeps,
  model: RegisteredModel,
  asked: AskedInference,
  call: CommonCall,
): Promise<InferenceBytes> {
  const { pipeline, memory, maxMessageValues } = deps;
  const assertWanted = waitsFor(call.caller, model);
  const request = await byCaller(model, () => finishInSlices(readCounted(asked, deps), assertWanted));
  await assertVersion(pipeline, model, request.modelVersion, call);
  const { holder } = call;
  const body = () =>
    byCaller(model, () =>
      finishInSlices(
        rowsFromTensors(request.tensors, model.inputFeatures, {
          maxElements: maxMessageValues * elementsPerValue,
          tooMany: () => tooManyValues(maxMessageValues),
          hold: (bytes) => holder !== undefined && memory?.takeAtLeast(holder, bytes),
        }),
        assertWanted,
      ),
    );
  const prediction = await pipeline.predict(model, { ...call, body });
  const reading = inSlices(tensorsFromPredictions(prediction), assertWanted);
  const outputs = reading instanceof Promise ? await reading : reading;
  const answer = { id: request.id, modelVersion: versionOf(prediction), parameters: noParameters, outputs };
  return await finishInSlices(written(model, asked, request, answer), assertWanted);
}

async function passOn(
  deps: InferDeps,
  model: RegisteredModel,
  asked: AskedInference,
  call: CommonCall,
): Promise<InferenceBytes> {
  const { pipeline } = deps;
  const json = jsonLimits(pipeline);
  const assertWanted = waitsFor(call.caller, model);
  const isSameForm = model.protocol === (asked.form === "rest" ? "v2" : "grpc-v2");
  // Long lists of numbers over REST are only checked where they have to be.
  const isPlain = asked.form === "rest" && isSameForm && !namesOutputs(asked);
  const reading = isPlain ? undefined : byCaller(model, () => requestOf(asked, json, assertWanted));
  const request = reading instanceof Promise ? await reading : reading;
  const version = asked.form === "rest" ? asked.version : (request?.modelVersion ?? "");
  if (version !== "") await assertVersion(pipeline, model, version, call);
  try {
    const sent = isSameForm
      ? asked
      : await byCaller(model, () => finishInSlices(translated(request!, asked.form, call, deps), assertWanted));
    const { answer, attempts } = await pipeline.infer(model, { ...call, request: sent });
    const facts = answer.form === "rest" ? { body: answer.body, attempts } : { attempts };
    const translatedBack = function* (read: ReadRequest): Slices<InferenceBytes> {
      return yield* written(model, asked, read, yield* readAnswer(answer, json));
    };
    const passed = byServer<InferenceBytes | Promise<InferenceBytes>>(model, facts, () => {
      if (answer.form === "rest" && (request === undefined || (isSameForm && request.requested.length === 0))) {
        return inSlices<InferenceBytes>(renamingRest(answer, model.name, json), assertWanted);
      }
      if (answer.form === "rest" || !isSameForm) return finishInSlices(translatedBack(request!), assertWanted);
      const asAsked = (read: GrpcMessage): InferenceBytes | Promise<InferenceBytes> => {
        if (request!.requested.length === 0 && read.isRaw === request!.isRaw) return renamedGrpc(answer, model.name);
        return finishInSlices(written(model, asked, request!, { ...read, outputs: read.tensors }), assertWanted);
      };
      const reading = inSlices(readGrpcMessage(answer, "outputs"), assertWanted);
      return reading instanceof Promise ? reading.then(asAsked) : asAsked(reading);
    });
    return passed instanceof Promise ? await passed : passed;
  } catch (error) {
    // Model servers answer many mistakes of callers with 500, so the request is checked now.
    if (asked.form === "rest" && isSameForm && error instanceof RegistryError && error.failure?.upstreamStatus) {
      await assertReadable(deps, model, asked, request, assertWanted);
    }
    throw error;
  }
}

/** Asserts that a request is valid as far as can be seen without reading much. @throws RegistryError INVALID_REQUEST */
async function assertReadable(
  deps: InferDeps,
  model: RegisteredModel,
  asked: AskedInference,
  read: ReadRequest | undefined,
  assertWanted: AssertWanted,
): Promise<void> {
  const reading = function* (): Slices<void> {
    try {
      const { tensors } = read ?? (yield* readRequest(asked, jsonLimits(deps.pipeline)));
      if (isCountable(tensors, deps.maxMessageValues)) yield* assertElements(tensors, deps);
    } catch (error) {
      if (!(error instanceof TooManyValues)) throw error;
    }
  };
  await byCaller(model, () => finishInSlices(reading(), assertWanted));
}

function jsonLimits({ maxJsonDepth, maxTextValues }: Pipeline): JsonLimits {
  return { maxDepth: maxJsonDepth, maxValues: maxTextValues };
}

/** A request, translated into the other form. */
function* translated(
  request: ReadRequest,
  from: InferenceBytes["form"],
  { headers }: CommonCall,
  deps: InferDeps,
): Slices<InferenceBytes> {
  const { modelVersion, tensors } = request;
  // REST clients always send one, and models on KServe's server that return the id in their answer fail without one.
  const id = request.id || headers["x-request-id"] || "";
  yield* assertCounts(tensors, deps);
  const framed = isFrame(request.parameters);
  const parameters = withoutRestParameters(request.parameters);
  const requested = request.requested.map((output) => ({
    ...output,
    parameters: withoutRestParameters(output.parameters),
  }));
  if (from === "rest") {
    const plain = tensors.map((tensor) => ({ ...tensor, parameters: withoutRestParameters(tensor.parameters) }));
    const raw = yield* allHeld(plain, "inputs", heldAsRaw);
    const head = { id, modelName: "", modelVersion, parameters, requested };
    return yield* slicesOf(writeGrpcMessage(head, "inputs", raw, !framed));
  }
  const held = framed ? yield* allHeld(tensors, "inputs", heldAsJson) : tensors;
  return { ...writeRestMessage({ id, parameters, requested }, "inputs", held), version: modelVersion };
}

const outputsMember = Buffer.from('"outputs"');

/** Whether a request names outputs; may be true for a request that only looks so. */
function namesOutputs({ body, jsonBytes }: RestInference): boolean {
  const json = jsonBytes === undefined ? body : body.subarray(0, jsonBytes);
  return asBuffer(json).includes(outputsMember);
}

/** Reads the request, and asserts that it has as many elements as its shapes say. */
function* readCounted(asked: AskedInference, deps: InferDeps): Slices<ReadRequest> {
  const request = yield* readRequest(asked, jsonLimits(deps.pipeline));
  yield* assertCounts(request.tensors, deps);
  return request;
}

/** Reads the request; a short one at once. */
function requestOf(
  asked: AskedInference,
  limits: JsonLimits,
  assertWanted: AssertWanted,
): ReadRequest | Promise<ReadRequest> {
  const known = asked.form === "grpc" ? asked.read : undefined;
  if (known === undefined) return finishInSlices(readRequest(asked, limits), assertWanted);
  assertInputs(known.tensors);
  return known;
}

function* readRequest(asked: AskedInference, limits: JsonLimits): Slices<ReadRequest> {
  if (asked.form === "grpc") {
    const message = asked.read ?? (yield* slicesOf(readGrpcMessage(asked, "inputs")));
    assertInputs(message.tensors);
    return message;
  }
  const { body, jsonBytes = body.byteLength } = asked;
  if (jsonBytes > body.byteLength) {
    const found = `has ${body.byteLength} bytes, fewer than the ${jsonBytes} of JSON`;
    throw new TensorProblem("body", `${found} that inference-header-content-length says`);
  }
  const message = yield* readRestMessage(asked, "inputs", limits);
  assertInputs(message.tensors);
  return { ...message, modelVersion: asked.version, isRaw: false };
}

/** Asserts that tensors have as many elements as their shapes say, where they are few enough to be counted. */
function* assertCounts(tensors: readonly Tensor[], { pipeline, maxMessageValues }: InferDeps): Slices<void> {
  if (!isCountable(tensors, maxMessageValues)) throw tooManyValues(maxMessageValues);
  yield* assertElementCounts(tensors, "inputs", pipeline.maxJsonDepth);
}

function* assertElementCounts(tensors: readonly Tensor[], key: "inputs" | "outputs", maxDepth: number): Slices<void> {
  for (const [i, tensor] of tensors.entries()) {
    if (i % sliceTensors === sliceTensors - 1) yield;
    yield* assertElementCount(tensor, `${key}[${i}]`, maxDepth);
  }
}

/** Tensors with their elements in another form. */
function* allHeld(
  tensors: readonly Tensor[],
  key: "inputs" | "outputs",
  held: (tensor: Tensor, field: string) => Slices<Tensor>,
): Slices<readonly Tensor[]> {
  const all: Tensor[] = [];
  for (const [i, tensor] of tensors.entries()) {
    if (i % sliceTensors === sliceTensors - 1) yield;
    all.push(yield* held(tensor, `${key}[${i}].data`));
  }
  return all;
}

/** Whether JSON elements, and the lists around them, are few enough to be counted without holding up other calls. */
function isCountable(tensors: readonly Tensor[], maxMessageValues: number): boolean {
  const items = tensors.map(({ data, shape }) => {
    if (!("json" in data)) return 0;
    // A shape may claim any number, but each element takes at least a byte and a comma.
    const count = Math.min(jsonItemCount(shape), data.json.byteLength / 2);
    // Empty lists have no elements, but count as values.
    return elementCount(shape) === 0 ? count * elementsPerValue : count;
  });
  // Around each element there may be a list of its own.
  return items.reduce((a, b) => a + b, 0) <= 2 * maxMessageValues * elementsPerValue;
}

function assertInputs(tensors: readonly Tensor[]): void {
  if (tensors.length === 0) throw new TensorProblem("inputs", "is empty; expected at least one tensor");
}

/** Asserts that the elements of tensors are as many as their shapes say, and what their datatypes say. */
function* assertElements(tensors: readonly Tensor[], deps: InferDeps): Slices<void> {
  yield* assertCounts(tensors, deps);
  yield* allHeld(tensors, "inputs", heldAsRaw);
}

function* readAnswer(answer: InferenceBytes, limits: JsonLimits): Slices<ReadAnswer> {
  if (answer.form === "grpc") {
    const { tensors: outputs, ...rest } = yield* slicesOf(readGrpcMessage(answer, "outputs"));
    return { ...rest, outputs };
  }
  const { tensors: outputs, ...rest } = yield* readRestMessage(answer, "outputs", limits);
  yield* assertElementCounts(outputs, "outputs", limits.maxDepth);
  return { ...rest, outputs };
}

/** Writes an answer in the form of its request: raw where the request is raw, binary where it asks for that. */
function* written(
  model: RegisteredModel,
  asked: AskedInference,
  request: ReadRequest,
  answer: ReadAnswer,
): Slices<InferenceBytes> {
  const outputs = byCaller(model, () => selectOutputs(answer.outputs, request.requested));
  const head = {
    id: answer.id || request.id,
    modelName: model.name,
    modelVersion: answer.modelVersion,
    parameters: answer.parameters,
  };
  if (asked.form === "grpc") {
    const raw = yield* allHeld(outputs, "outputs", heldAsRaw);
    return yield* slicesOf(writeGrpcMessage(head, "outputs", raw, request.isRaw));
  }
  const isBinary = binaryOutputs(request);
  const held = yield* allHeld(outputs, "outputs", (output, field) =>
    isBinary(output.name) ? heldAsRaw(output, field) : heldAsJson(output, field),
  );
  return writeRestMessage(head, "outputs", held);
}

/**
 * Which outputs are requested as binary data: each output says so itself where outputs are named, else the request for
 * all of them.
 */
function binaryOutputs({ parameters, requested }: ReadRequest): (name: string) => boolean {
  if (requested.length === 0) {
    const all = parameters.get("binary_data_output") === true;
    return () => all;
  }
  const names = new Set(
    requested.filter((output) => output.parameters.get("binary_data") === true).map(({ name }) => name),
  );
  return (name) => names.has(name);
}
