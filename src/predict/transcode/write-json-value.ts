import type { ByteWriter } from "../json/byte-writer.ts";
import type { JsonScanner, Span } from "../json/json-scanner.ts";

const QUOTE = 0x22;
const MINUS = 0x2d;
const BIG_I = 0x49;
const BIG_N = 0x4e;

/**
 * Copies a JSON value whose syntax has been checked, so that it is valid JSON: the bare words `NaN` and `Infinity` of
 * model servers, and numbers that no double holds, become strings, as everywhere in the contract.
 *
 * @param hasNonFinite whether there may be any
 */
export function writeJsonValue(writer: ByteWriter, scanner: JsonScanner, value: Span, hasNonFinite: boolean): void {
  const { bytes } = scanner;
  let copied = value.start;
  for (let at = value.start; hasNonFinite && at < value.end; ) {
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
      at++;
    }
  }
  writer.bytes(bytes, copied, value.end);
}
