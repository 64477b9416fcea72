import { asBuffer } from "../base/as-buffer.ts";
import { JsonScanner, JsonSyntaxError, type Span, TooManyValues } from "./json/json-scanner.ts";

const instancesName = Buffer.from('"instances":');
const usualStart = Buffer.from('{"instances"');
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;

/**
 * Renames `inputs` to `instances` in a KServe v1 request whose rows are under that name: KServe 0.21 and its LightGBM
 * server accept both. Every other request is returned unchanged, valid or not.
 */
export function inputsAsInstances(body: Uint8Array, maxDepth: number, maxValues?: number): Uint8Array {
  // All that other requests pay: a comparison of their first bytes, or one search.
  if (beginsWith(body, usualStart)) return body;
  const bytes = asBuffer(body);
  if (bytes.includes('"instances"') || !bytes.includes('"inputs"')) return bytes;
  const name = inputsNameIn(bytes, maxDepth, maxValues);
  if (name === undefined) return bytes;
  return Buffer.concat([bytes.subarray(0, name.start), instancesName, bytes.subarray(name.end)]);
}

/** A loop is faster here than calling into Node. */
function beginsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  for (let i = 0; i < start.length; i++) if (bytes[i] !== start[i]) return false;
  return true;
}

/** From the name `inputs` to the list that it names; undefined where there is none. */
function inputsNameIn(bytes: Buffer, maxDepth: number, maxValues: number | undefined): Span | undefined {
  let name: Span | undefined;
  try {
    const scanner = new JsonScanner(bytes, maxDepth, { maxValues });
    const start = scanner.space(0);
    if (bytes[start] !== OPEN_BRACE) return undefined;
    scanner.object(start, 0, (member, valueStart, nameStart) => {
      if (member === "inputs" && bytes[valueStart] === OPEN_BRACKET) name = { start: nameStart, end: valueStart };
      return scanner.value(valueStart, 1);
    });
    return name;
  } catch (error) {
    // The check of the request reports what is wrong.
    if (error instanceof JsonSyntaxError || error instanceof TooManyValues) return undefined;
    throw error;
  }
}
