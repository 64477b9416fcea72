import { finishAtOnce, type Slices, sliceBytes } from "../../base/in-slices.ts";
import type { ByteWriter } from "../json/byte-writer.ts";
import type { JsonScanner, Span } from "../json/json-scanner.ts";
import { listLevels, objectLevels, tooDeepForMessages } from "./message-depth.ts";

const QUOTE = 0x22;
const MINUS = 0x2d;
const BIG_I = 0x49;
const BIG_N = 0x4e;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * Copies a JSON value whose syntax has been checked, so that it is valid JSON: the bare words `NaN` and `Infinity` of
 * model servers, and numbers that no double holds, become strings, as everywhere in the contract.
 *
 * @param hasNonFinite whether there may be any
 */
export function writeJsonValue(writer: ByteWriter, scanner: JsonScanner, value: Span, hasNonFinite: boolean): void {
  const unlimited = Number.POSITIVE_INFINITY;
  if (hasNonFinite) finishAtOnce(jsonValueInSlices(writer, scanner, value, unlimited, unlimited));
  else writer.bytes(scanner.bytes, value.start, value.end);
}

/**
 * The same in slices, whatever the numbers are.
 *
 * @param maxDepth how deep messages may lie in it, as a google.protobuf.Value
 * @param bytesAtOnce how much a slice copies
 * @throws RegistryError MODEL_BAD_ANSWER when it is deeper
 */
export function* jsonValueInSlices(
  writer: ByteWriter,
  scanner: JsonScanner,
  value: Span,
  maxDepth: number,
  bytesAtOnce = sliceBytes,
): Slices<void> {
  const { bytes } = scanner;
  let depth = 1;
  let copied = value.start;
  let sliceEnd = value.start + bytesAtOnce;
  for (let at = value.start; at < value.end; ) {
    if (at >= sliceEnd) {
      writer.bytes(bytes, copied, at);
      copied = at;
      sliceEnd = at + bytesAtOnce;
      yield;
    }
    const byte = bytes[at]!;
    if (byte === QUOTE) {
      at = scanner.value(at, 0);
    } else if (byte === MINUS || byte === BIG_I || byte === BIG_N || (byte >= 0x30 && byte <= 0x39)) {
      const number = scanner.number(at);
      if (!Number.isFinite(number)) {
        writer.bytes(bytes, copied, at);
        writer.text(`"${number}"`);
        copied = scanner.numberEnd;
      }
      at = scanner.numberEnd;
    } else {
      depth += levelsOf(byte);
      if (depth > maxDepth) throw tooDeepForMessages();
      at++;
    }
  }
  writer.bytes(bytes, copied, value.end);
}

/** By how many messages what follows a byte lies deeper. */
function levelsOf(byte: number): number {
  switch (byte) {
    case OPEN_BRACKET:
      return listLevels;
    case CLOSE_BRACKET:
      return -listLevels;
    case OPEN_BRACE:
      return objectLevels;
    case CLOSE_BRACE:
      return -objectLevels;
    default:
      return 0;
  }
}
