import { fromJson, type JsonValue } from "@bufbuild/protobuf";
import { ListValueSchema } from "@bufbuild/protobuf/wkt";
import type { PredictRequest } from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import type { CliIo } from "./cli-io.ts";
import { usageFailure } from "./failure.ts";
import { readFileBytes } from "./read-file.ts";

/** What to predict, in the form that the contract is asked with. */
export type PredictInput = Extract<PredictRequest["input"], { case: "instances" | "body" }>;

/** No server takes a larger request. */
const maxBytes = 1024 ** 3;

const expected = 'expected a list with one item per row, [[0.5,1.2,0.8]], or a body {"instances":[...]}';

/**
 * Reads the input of a prediction: from the argument, from a file (`-` is standard input), else from standard input
 * when it is not a terminal.
 *
 * A list becomes `instances`. An object is a KServe v1 request: it becomes `body`, byte for byte.
 *
 * @throws Failure of wrong usage, when there is no input or it is not JSON
 */
export async function readInstances(
  argument: string | undefined,
  file: string | undefined,
  stdin: CliIo["stdin"],
): Promise<PredictInput> {
  const { bytes, where } = await readInput(argument, file, stdin);
  const text = textOf(bytes, where).trimStart();
  if (text === "") throw usageFailure(`${where} is empty; ${expected}`);
  if (text.startsWith("{")) return { case: "body", value: bytes };
  let list: unknown;
  try {
    list = JSON.parse(text, refuseLostDigits(where));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw usageFailure(`${where} is not JSON: ${error.message}\n${expected}`);
  }
  if (!Array.isArray(list)) throw usageFailure(`${where} is not a list; ${expected}`);
  return { case: "instances", value: fromJson(ListValueSchema, list as JsonValue) };
}

async function readInput(
  argument: string | undefined,
  file: string | undefined,
  stdin: CliIo["stdin"],
): Promise<{ bytes: Uint8Array; where: string }> {
  if (argument !== undefined && file !== undefined) throw usageFailure("INSTANCES and --file cannot be combined");
  if (argument !== undefined) return { bytes: Buffer.from(argument), where: "INSTANCES" };
  if (file !== undefined && file !== "-")
    return { bytes: await readFileBytes(file, stdin, { name: `-f ${file}`, maxBytes }), where: file };
  if (file === undefined && (stdin as { isTTY?: boolean }).isTTY === true) {
    throw usageFailure("no instances given: pass them as JSON, in a file with -f, or on standard input");
  }
  return { bytes: await readFileBytes("-", stdin, { name: "standard input", maxBytes }), where: "standard input" };
}

function textOf(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw usageFailure(`${where} is not text in UTF-8`);
  }
}

/** Numbers of `instances` are doubles. An integer that is none would reach the model as another one. */
function refuseLostDigits(where: string) {
  return (_key: string, value: unknown, context?: { source?: string }): unknown => {
    if (
      typeof value === "number" &&
      Math.abs(value) > Number.MAX_SAFE_INTEGER &&
      /^-?\d+$/.test(context?.source ?? "")
    ) {
      throw usageFailure(
        `${where}: the integer ${context?.source} would lose digits; pass a complete body, {"instances":[...]}, to keep them`,
      );
    }
    return value;
  };
}
