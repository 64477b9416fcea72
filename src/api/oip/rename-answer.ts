import { asBuffer } from "../../base/as-buffer.ts";
import { sliceBytes } from "../../base/in-slices.ts";
import { JsonScanner, JsonSyntaxError } from "../../predict/json/json-scanner.ts";
import type { GrpcInference, RestInference } from "../../registry/inference.ts";
import { renameModel } from "../../tensors/grpc/rename-model.ts";
import type { JsonLimits } from "../../tensors/rest/read-message.ts";
import { TensorProblem } from "../../tensors/tensor-problem.ts";

const QUOTE = 0x22;
const OPEN_BRACE = 0x7b;

/**
 * Replaces the model name in a REST answer by the registered name. Nothing else is changed, and only the syntax is
 * checked.
 *
 * @param bytesAtOnce how much a slice reads
 * @returns work that throws `outOfTurn` to pause; TensorProblem, TooManyValues
 */
export function renamingRest(
  answer: RestInference,
  name: string,
  { maxDepth, maxValues }: JsonLimits,
  bytesAtOnce = sliceBytes,
): () => RestInference {
  const { body, jsonBytes = body.byteLength } = answer;
  let scanner: JsonScanner | undefined;
  let nameStart = 0;
  let nameEnd = 0;
  let hasOutputs = false;
  const readMember = (member: string, at: number): number => {
    const valueEnd = scanner!.value(at, 1);
    if (member === "outputs") hasOutputs = true;
    if (member === "model_name" && body[at] === QUOTE) [nameStart, nameEnd] = [at, valueEnd];
    return valueEnd;
  };
  return () => {
    if (jsonBytes > body.byteLength) throw new TensorProblem("body", "has fewer bytes than its header says");
    try {
      const json = answer.jsonBytes === undefined ? body : body.subarray(0, jsonBytes);
      scanner ??= new JsonScanner(json, maxDepth, { maxValues, sliceBytes: bytesAtOnce });
      const start = scanner.space(0);
      if (body[start] !== OPEN_BRACE) throw new TensorProblem("body", "is not a JSON object");
      scanner.end(scanner.object(start, 0, readMember));
    } catch (error) {
      if (error instanceof JsonSyntaxError) throw new TensorProblem("body", `not JSON: ${error.message}`);
      throw error;
    }
    if (!hasOutputs) throw new TensorProblem("outputs", "missing");
    // Without binary data no header about its position is needed.
    const renamed = { form: "rest", body, jsonBytes: jsonBytes < body.byteLength ? jsonBytes : undefined } as const;
    return nameEnd === 0 ? renamed : withText(renamed, nameStart, nameEnd, JSON.stringify(name));
  };
}

/** Replaces a part of a message. */
function withText(message: RestInference, start: number, end: number, text: string): RestInference {
  const { body, jsonBytes } = message;
  const textBytes = Buffer.byteLength(text);
  const added = textBytes - (end - start);
  // Most servers know a model by its registered name, so nothing changes.
  if (added === 0 && asBuffer(body).toString("latin1", start, end) === text) return message;
  const made = Buffer.allocUnsafe(body.byteLength + added);
  made.set(body.subarray(0, start));
  made.write(text, start);
  made.set(body.subarray(end), start + textBytes);
  return { form: "rest", body: made, jsonBytes: jsonBytes === undefined ? undefined : jsonBytes + added };
}

/** The same over gRPC. @throws TensorProblem */
export function renamedGrpc({ message }: GrpcInference, name: string): GrpcInference {
  const pieces = renameModel(message, name);
  return { form: "grpc", message: pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces) };
}
