import { type Slices, sliceBytes, slicesOf } from "../../base/in-slices.ts";
import { JsonScanner, JsonSyntaxError } from "../../predict/json/json-scanner.ts";
import type { GrpcInference, RestInference } from "../../registry/inference.ts";
import { renameModel } from "../../tensors/grpc/rename-model.ts";
import type { JsonLimits } from "../../tensors/rest/read-message.ts";
import { TensorProblem } from "../../tensors/tensor-problem.ts";

const QUOTE = 0x22;
const OPEN_BRACE = 0x7b;

/**
 * An answer of a model server over REST with the registered name of the model in it. Nothing else is changed, and nothing else
 * is looked at than whether it can be read.
 *
 * @param bytesAtOnce how much a slice looks at
 * @throws TensorProblem, TooManyValues
 */
export function* renamedRest(
  { body, jsonBytes = body.byteLength }: RestInference,
  name: string,
  { maxDepth, maxValues }: JsonLimits,
  bytesAtOnce = sliceBytes,
): Slices<RestInference> {
  if (jsonBytes > body.byteLength) throw new TensorProblem("body", "has fewer bytes than its header says");
  const hasBlocks = jsonBytes < body.byteLength;
  let nameStart: number | undefined;
  let nameEnd = 0;
  let hasOutputs = false;
  try {
    const scanner = new JsonScanner(body.subarray(0, jsonBytes), maxDepth, { maxValues, sliceBytes: bytesAtOnce });
    const start = scanner.space(0);
    if (scanner.bytes[start] !== OPEN_BRACE) throw new TensorProblem("body", "is not a JSON object");
    const end = yield* slicesOf(() =>
      scanner.object(start, 0, (member, at) => {
        const valueEnd = scanner.value(at, 1);
        if (member === "outputs") hasOutputs = true;
        if (member === "model_name" && scanner.bytes[at] === QUOTE) [nameStart, nameEnd] = [at, valueEnd];
        return valueEnd;
      }),
    );
    scanner.end(end);
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw new TensorProblem("body", `not JSON: ${error.message}`);
    throw error;
  }
  if (!hasOutputs) throw new TensorProblem("outputs", "missing");
  const blocks = (bytes: number): number | undefined => (hasBlocks ? bytes : undefined);
  if (nameStart === undefined) return { form: "rest", body, jsonBytes: blocks(jsonBytes) };
  const text = Buffer.from(JSON.stringify(name));
  return {
    form: "rest",
    body: Buffer.concat([body.subarray(0, nameStart), text, body.subarray(nameEnd)]),
    jsonBytes: blocks(jsonBytes - (nameEnd - nameStart) + text.byteLength),
  };
}

/** The same over gRPC. @throws TensorProblem */
export function renamedGrpc({ message }: GrpcInference, name: string): GrpcInference {
  const pieces = renameModel(message, name);
  return { form: "grpc", message: pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces) };
}
