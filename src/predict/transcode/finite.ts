import type { JsonValue } from "@bufbuild/protobuf";
import { invalidField } from "../../registry/registry-error.ts";
import type { JsonScanner } from "../json/json-scanner.ts";
import { fastPathMiss } from "./wire.ts";

const MINUS = 0x2d;
const OPEN_BRACKET = 0x5b;
const OPEN_BRACE = 0x7b;

/**
 * Looks for numbers beyond the range of a double, such as 1e400, in JSON whose syntax has been checked: the model would
 * read them as infinite. The general path refuses them.
 *
 * @returns the position after the value
 * @throws FastPathMiss for such a number, and for a bare NaN or Infinity, which is not JSON
 */
export function assertFinite(scanner: JsonScanner, start: number): number {
  const byte = scanner.bytes[start]!;
  if (byte === OPEN_BRACKET) return scanner.array(start, 0, (_, itemStart) => assertFinite(scanner, itemStart));
  if (byte === OPEN_BRACE) return scanner.object(start, 0, (_, valueStart) => assertFinite(scanner, valueStart));
  if (byte === 0x4e || byte === 0x49 || (byte === MINUS && scanner.bytes[start + 1] === 0x49)) throw fastPathMiss;
  if (byte !== MINUS && (byte < 0x30 || byte > 0x39)) return scanner.value(start, 0);
  if (!Number.isFinite(scanner.number(start))) throw fastPathMiss;
  return scanner.numberEnd;
}

/**
 * Refuses non-finite numbers in a parsed JSON value.
 *
 * @throws RegistryError INVALID_REQUEST with the path of the first one
 */
export function assertFiniteValue(value: JsonValue | undefined, path: string): void {
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw notFinite(path);
  } else if (Array.isArray(value)) {
    value.forEach((item, index) => {
      assertFiniteValue(item, `${path}[${index}]`);
    });
  } else if (typeof value === "object" && value !== null) {
    for (const [name, member] of Object.entries(value)) assertFiniteValue(member, `${path}.${name}`);
  }
}

/** The error for a number that is not a finite double. */
export function notFinite(path: string): Error {
  return invalidField(path.slice(0, 200), "is not a finite number of at most 1.797e308, the largest double");
}
