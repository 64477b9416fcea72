import { canonicalDecimal } from "../../base/decimal.ts";
import { shown } from "../../base/field-reader.ts";
import { valueProblem } from "../../registry/declarations.ts";
import type { FeatureValue, InputFeature, InputFormat, ModelEntry } from "../../registry/model.ts";
import { parseNumber } from "../json/parse-number.ts";
import { type NumberRanges, numberRangesOf } from "./number-ranges.ts";

/** A declared feature, prepared for checking many cells. */
export interface Column {
  readonly feature: InputFeature;
  /** `"name":` as JSON text. */
  readonly key: Uint8Array;
  /** The default as JSON text, where there is one. */
  readonly defaultText: Uint8Array | undefined;
  /** The problem of the cell from `start` to `end`, whose syntax has been checked; undefined when there is none. */
  readonly problem: ((bytes: Uint8Array, start: number, end: number) => string | undefined) | undefined;
}

/** The declared features of a model, prepared once for all requests. */
export interface FeatureSet {
  readonly columns: readonly Column[];
  readonly positions: ReadonlyMap<string, number>;
  readonly format: InputFormat;
  /** The ranges of numbers, where all columns are numbers and rows need no rewriting. */
  readonly ranges: NumberRanges | undefined;
}

const compiled = new WeakMap<ModelEntry, FeatureSet>();

/** The features of a model; undefined when it declares none. */
export function featureSetOf(model: ModelEntry): FeatureSet | undefined {
  if (model.inputFeatures.length === 0) return undefined;
  let set = compiled.get(model);
  if (set === undefined) {
    set = {
      columns: model.inputFeatures.map(createColumn),
      positions: new Map(model.inputFeatures.map(({ name }, i) => [name, i])),
      format: model.inputFormat,
      ranges: numberRangesOf(model.inputFeatures, model.inputFormat),
    };
    compiled.set(model, set);
  }
  return set;
}

function createColumn(feature: InputFeature): Column {
  return {
    feature,
    key: Buffer.from(`${JSON.stringify(feature.name)}:`),
    defaultText: feature.default === undefined ? undefined : Buffer.from(JSON.stringify(feature.default)),
    problem: problemFinder(feature),
  };
}

const MINUS = 0x2d;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;

function problemFinder(feature: InputFeature): Column["problem"] {
  const { type, values, min, max } = feature;
  // Only the name is declared, so any JSON value is accepted.
  if (type === undefined && values === undefined) return undefined;
  const slow = (bytes: Uint8Array, start: number, end: number): string | undefined => {
    const cell = readCell(bytes, start, end);
    return valueProblem(feature, cell) ?? digitsProblem(feature, cell, bytes, start, end);
  };
  if ((type !== "number" && type !== "integer") || values !== undefined) return slow;
  const low = min ?? Number.NEGATIVE_INFINITY;
  const high = max ?? Number.POSITIVE_INFINITY;
  const anyNumber = type === "number" && min === undefined && max === undefined;
  // Nearly every cell is a valid number, so that case must cost next to nothing.
  return (bytes, start, end) => {
    const first = bytes[start]!;
    const isNumber = (first >= 0x30 && first <= 0x39) || (first === MINUS && bytes[start + 1]! <= 0x39);
    if (!isNumber) return slow(bytes, start, end);
    if (anyNumber) return undefined;
    const value = parseNumber(bytes, start, end);
    return value >= low && value <= high && (type === "number" || Number.isInteger(value))
      ? undefined
      : slow(bytes, start, end);
  };
}

/** A number can round to the same double as a declared one without being equal: 2^53 + 1 rounds to 2^53. */
function digitsProblem(
  { values }: InputFeature,
  cell: FeatureValue | object,
  bytes: Uint8Array,
  start: number,
  end: number,
): string | undefined {
  if (values === undefined || typeof cell !== "number") return undefined;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1");
  const canonical = canonicalDecimal(text);
  if (values.some((value) => typeof value === "number" && canonicalDecimal(String(value)) === canonical))
    return undefined;
  return `expected one of ${values.map(shown).join(", ").slice(0, 400)}; found ${text.slice(0, 80)}`;
}

/** A cell as a value. `NaN` of other servers becomes null: both mean a missing number. */
function readCell(bytes: Uint8Array, start: number, end: number): FeatureValue | object {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString();
  if (text === "NaN") return null;
  if (text === "Infinity" || text === "-Infinity") return Number(text);
  const first = bytes[start];
  return JSON.parse(first === OPEN_BRACE || first === OPEN_BRACKET ? withoutBareWords(text) : text);
}

/** JSON with `NaN` and infinities replaced by `null`. It is only shown in errors, so the loss does no harm. */
function withoutBareWords(json: string): string {
  return json.replaceAll(/"(?:[^"\\]|\\.)*"|NaN|-?Infinity/g, (part) => (part.startsWith('"') ? part : "null"));
}
