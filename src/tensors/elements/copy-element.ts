import { ByteWriter } from "../../predict/json/byte-writer.ts";
import type { JsonScanner } from "../../predict/json/json-scanner.ts";
import type { Datatype } from "../datatype.ts";
import { elementReaders, startsNumber } from "./element-reader.ts";
import { elementWriters } from "./element-writer.ts";

/** How numbers that are not finite are written as JSON: `null` for a missing one, or the bare words of Python's JSON. */
export type NonFiniteForm = "null" | "words";

const scratch = new ByteWriter(64);
const POINT = 0x2e;
const SMALL_E = 0x65;

/**
 * Copies one element of JSON, whose syntax has been checked, in the form that model servers take for its datatype: an integer
 * without a point or an exponent, its digits as they were. Returns where it ends.
 *
 * @throws ElementProblem for what the datatype does not take
 */
export function copyElement(
  datatype: Datatype,
  scanner: JsonScanner,
  at: number,
  json: ByteWriter,
  nonFinite: NonFiniteForm,
): number {
  scratch.length = 0;
  const end = elementReaders[datatype.name](scanner, at, scratch);
  if (datatype.json === "number" && !startsNumber(scanner, at)) {
    json.text(nonFiniteText(elementText(datatype), nonFinite));
  } else if (datatype.json === "integer" && hasFractionOrExponent(scanner.bytes, at, end)) {
    json.text(elementText(datatype));
  } else {
    json.bytes(scanner.bytes, at, end);
  }
  return end;
}

/** Not every server takes infinities as bare words; those that do not read them as texts. */
function nonFiniteText(word: string, form: NonFiniteForm): string {
  if (form === "words") return word;
  return word === "NaN" ? "null" : `"${word}"`;
}

/** The element in `scratch` as JSON text. */
function elementText(datatype: Datatype): string {
  const text = new ByteWriter(32);
  elementWriters[datatype.name](scratch.view, 0, text);
  return text.finish().toString("latin1");
}

function hasFractionOrExponent(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] === POINT || (bytes[at]! | 0x20) === SMALL_E) return true;
  return false;
}
