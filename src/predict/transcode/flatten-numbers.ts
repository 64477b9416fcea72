import { type Slices, sliceElements } from "../../base/in-slices.ts";
import type { JsonScanner } from "../json/json-scanner.ts";

const COMMA = 0x2c;
const MINUS = 0x2d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const BIG_I = 0x49;
const BIG_N = 0x4e;
const SMALL_N = 0x6e;
const nullLength = 4;

/**
 * Hands out the numbers of a rectangular array in JSON, whose syntax has been checked, one after the other. `null`, `NaN` and
 * infinities are among them.
 *
 * @param start where the array starts
 * @param take is given where a number starts, and returns the position behind it
 * @returns the size of each dimension; undefined for what is no such array, of which some numbers may have been handed out
 */
export function* flattenNumbers(
  bytes: Uint8Array,
  start: number,
  take: (at: number) => number,
): Slices<readonly number[] | undefined> {
  if (bytes[start] !== OPEN_BRACKET) return undefined;
  const shape: number[] = [];
  /** How many items the lists have so far that are open. */
  const sizes: number[] = [];
  /** How many lists are open around each number; 0 before the first. */
  let depth = 0;
  let left = sliceElements;
  let at = start;
  do {
    const byte = bytes[at]!;
    if (byte === COMMA || byte <= 0x20) {
      at++;
      continue;
    }
    if (byte === CLOSE_BRACKET) {
      const size = sizes.pop()!;
      shape[sizes.length] ??= size;
      if (size === 0 || shape[sizes.length] !== size) return undefined;
      at++;
    } else {
      if (sizes.length > 0) sizes[sizes.length - 1]!++;
      if (byte === OPEN_BRACKET) {
        if (sizes.length === depth && depth > 0) return undefined;
        sizes.push(0);
        at++;
      } else {
        if (!beginsNumber(byte)) return undefined;
        if (depth === 0) depth = sizes.length;
        if (sizes.length !== depth) return undefined;
        at = take(at);
      }
    }
    if (--left > 0) continue;
    left = sliceElements;
    yield;
  } while (sizes.length > 0);
  return shape;
}

/** Whether a value that begins with a byte is a number, `null`, `NaN` or an infinity. */
function beginsNumber(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || byte === MINUS || byte === SMALL_N || byte === BIG_N || byte === BIG_I;
}

/**
 * The value of a number that was handed out; the scanner notes in `numberEnd` where it ends. `null` is NaN, as KServe's servers
 * write it.
 */
export function flatNumber(scanner: JsonScanner, at: number): number {
  if (scanner.bytes[at] !== SMALL_N) return scanner.number(at);
  scanner.numberEnd = at + nullLength;
  return Number.NaN;
}
