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
 * Passes the numbers of a rectangular JSON array, whose syntax has been checked, to a callback one by one, including
 * `null`, `NaN` and infinities.
 *
 * @param start where the array starts
 * @param take gets the position of a number, and returns the position after it
 * @returns the size of each dimension; undefined for anything else, after some numbers may have been passed
 */
export function* flattenNumbers(
  bytes: Uint8Array,
  start: number,
  take: (at: number) => number,
): Slices<readonly number[] | undefined> {
  if (bytes[start] !== OPEN_BRACKET) return undefined;
  const shape: number[] = [];
  /** The number of items so far of each open list. */
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
