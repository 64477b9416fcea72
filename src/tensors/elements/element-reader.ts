import type { ByteWriter } from "../../predict/json/byte-writer.ts";
import type { JsonScanner } from "../../predict/json/json-scanner.ts";
import { maxExactDigits } from "../../predict/json/parse-number.ts";
import { type DatatypeName, datatypes } from "../datatype.ts";
import { ElementProblem } from "../tensor-problem.ts";
import { numberToBfloat, numberToHalf } from "./half.ts";

/**
 * Reads one element from JSON whose syntax has been checked, appends its raw bytes, and returns where it ends.
 *
 * @throws ElementProblem
 */
export type ElementReader = (scanner: JsonScanner, at: number, raw: ByteWriter) => number;

const QUOTE = 0x22;
const MINUS = 0x2d;
const maxFloat = 3.4028234663852886e38;
const maxHalf = 65504;
/** The largest that still rounds to a finite bfloat16 number. */
const maxBfloat = 3.3961775292304601e38;

/** What reads the elements of a datatype. */
export const elementReaders: Readonly<Record<DatatypeName, ElementReader>> = {
  BOOL(scanner, at, raw) {
    const first = scanner.bytes[at];
    if (first !== 0x74 && first !== 0x66) throw unexpected("true or false", scanner, at);
    raw.byte(first === 0x74 ? 1 : 0);
    return scanner.value(at, 0);
  },
  INT8: smallInteger("INT8", (raw, value) => raw.byte(value & 0xff)),
  INT16: smallInteger("INT16", writeTwo),
  INT32: smallInteger("INT32", writeFour),
  UINT8: smallInteger("UINT8", (raw, value) => raw.byte(value)),
  UINT16: smallInteger("UINT16", writeTwo),
  UINT32: smallInteger("UINT32", writeFour),
  INT64: largeInteger("INT64"),
  UINT64: largeInteger("UINT64"),
  FP16: float("FP16", maxHalf, (raw, value) => writeTwo(raw, numberToHalf(value))),
  BF16: float("BF16", maxBfloat, (raw, value) => writeTwo(raw, numberToBfloat(value))),
  FP32: float("FP32", maxFloat, (raw, value) => {
    raw.reserve(4);
    raw.view.setFloat32(raw.length, value, true);
    raw.length += 4;
  }),
  FP64: float("FP64", Number.MAX_VALUE, (raw, value) => raw.double(value)),
  BYTES(scanner, at, raw) {
    if (scanner.bytes[at] !== QUOTE) throw unexpected("a string", scanner, at);
    const end = scanner.value(at, 0);
    const start = raw.length;
    writeFour(raw, 0);
    if (hasEscape(scanner.bytes, at + 1, end - 1)) raw.text(scanner.text(at, end));
    else raw.bytes(scanner.bytes, at + 1, end - 1);
    raw.view.setUint32(start, raw.length - start - 4, true);
    return end;
  },
};

function smallInteger(name: DatatypeName, write: (raw: ByteWriter, value: number) => void): ElementReader {
  const range = datatypes[name].range!;
  const [min, max] = [Number(range.min), Number(range.max)];
  return (scanner, at, raw) => {
    if (!startsNumber(scanner, at)) throw unexpected(`an integer (${name})`, scanner, at);
    const value = scanner.number(at);
    if (!Number.isInteger(value) || value < min || value > max) throw outside(name, scanner, at);
    write(raw, value);
    return scanner.numberEnd;
  };
}

function largeInteger(name: "INT64" | "UINT64"): ElementReader {
  const { min, max } = datatypes[name].range!;
  return (scanner, at, raw) => {
    if (!startsNumber(scanner, at)) throw unexpected(`an integer (${name})`, scanner, at);
    const value = scanner.number(at);
    const end = scanner.numberEnd;
    raw.reserve(8);
    if (end - at <= maxExactDigits && Number.isInteger(value)) {
      if (value < 0 && name === "UINT64") throw outside(name, scanner, at);
      raw.view.setInt32(raw.length, value | 0, true);
      raw.view.setInt32(raw.length + 4, Math.floor(value / 0x1_0000_0000) | 0, true);
    } else {
      const exact = exactInteger(scanner, at, end, value);
      if (exact === undefined || exact < min || exact > max) throw outside(name, scanner, at);
      raw.view.setBigInt64(raw.length, BigInt.asIntN(64, exact), true);
    }
    raw.length += 8;
    return end;
  };
}

/** The integer that a number is, of any size; undefined where it is none. */
function exactInteger(scanner: JsonScanner, start: number, end: number, value: number): bigint | undefined {
  // No datatype has so many digits, and reading millions of them takes long.
  const text = end - start > 400 ? "" : latin1(scanner.bytes, start, end);
  if (/^-?\d+$/.test(text)) return BigInt(text);
  return Number.isInteger(value) ? BigInt(value) : undefined;
}

function float(name: DatatypeName, max: number, write: (raw: ByteWriter, value: number) => void): ElementReader {
  return (scanner, at, raw) => {
    if (startsNumber(scanner, at)) {
      const value = scanner.number(at);
      if (value > max || value < -max) throw outside(name, scanner, at);
      write(raw, value);
      return scanner.numberEnd;
    }
    const end = scanner.value(at, 0);
    const value = nonFiniteWords.get(latin1(scanner.bytes, at, Math.min(end, at + 12)));
    if (value === undefined) throw unexpected(`a number (${name})`, scanner, at);
    write(raw, value);
    return end;
  };
}

/** What stands for numbers that JSON has not: a missing one, the bare words of Python's JSON, and those of protobuf's. */
const nonFiniteWords: ReadonlyMap<string, number> = new Map([
  ["null", Number.NaN],
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
  ['"NaN"', Number.NaN],
  ['"Infinity"', Number.POSITIVE_INFINITY],
  ['"-Infinity"', Number.NEGATIVE_INFINITY],
]);

/** Whether a number with digits stands at a position, and no word. */
export function startsNumber(scanner: JsonScanner, at: number): boolean {
  const byte = scanner.bytes[at]!;
  const digit = byte === MINUS ? scanner.bytes[at + 1]! : byte;
  return digit >= 0x30 && digit <= 0x39;
}

/** An element of the wrong kind, shown. */
export function unexpected(expected: string, scanner: JsonScanner, at: number): ElementProblem {
  return new ElementProblem(`expected ${expected}, found ${shownAt(scanner, at)}`);
}

function outside(name: DatatypeName, scanner: JsonScanner, at: number): ElementProblem {
  const { range } = datatypes[name];
  const found = shownAt(scanner, at);
  return new ElementProblem(
    range === undefined
      ? `${found} is outside of ${name}`
      : `expected an integer from ${range.min} to ${range.max} (${name}), found ${found}`,
  );
}

function shownAt(scanner: JsonScanner, at: number): string {
  const { bytes } = scanner;
  const end = scanner.value(at, 0);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + at, Math.min(end - at, 80)).toString();
  return end - at > 80 ? `${text}…` : text;
}

function hasEscape(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] === 0x5c) return true;
  return false;
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1");
}

function writeTwo(raw: ByteWriter, value: number): void {
  raw.reserve(2);
  raw.view.setUint16(raw.length, value & 0xffff, true);
  raw.length += 2;
}

function writeFour(raw: ByteWriter, value: number): void {
  raw.reserve(4);
  raw.view.setInt32(raw.length, value | 0, true);
  raw.length += 4;
}
