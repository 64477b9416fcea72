import type { JsonScanner } from "../predict/json/json-scanner.ts";
import type { Parameter } from "./tensor.ts";

const QUOTE = 0x22;
const OPEN_BRACKET = 0x5b;
const OPEN_BRACE = 0x7b;
const digits = /^-?\d+$/;
/** No integer of 64 bits has more, with its sign. */
const maxDigits = 20;

/** The value of a parameter in JSON, `null` for null, which says nothing; undefined for a list or an object. */
export function parameterAt(scanner: JsonScanner, start: number, end: number): Parameter | null | undefined {
  const { bytes } = scanner;
  switch (bytes[start]) {
    case QUOTE:
      return scanner.text(start, end);
    case 0x74:
      return true;
    case 0x66:
      return false;
    case 0x6e:
      return null;
    case OPEN_BRACE:
    case OPEN_BRACKET:
      return undefined;
  }
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1");
  return digits.test(text) && text.length <= maxDigits ? BigInt(text) : Number(text);
}

/** A parameter as JSON text. */
export function parameterText(value: Parameter): string {
  return typeof value === "bigint" ? String(value) : JSON.stringify(value);
}
