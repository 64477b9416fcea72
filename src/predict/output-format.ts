import { canonicalDecimal } from "../base/decimal.ts";
import type { Comparison, ModelEntry, OutputFormat } from "../registry/model.ts";
import type { PredictionCheck } from "./answer-body.ts";
import { valueAt } from "./json/json-path.ts";
import type { JsonScanner, Span } from "./json/json-scanner.ts";

const OPEN_BRACKET = 0x5b;
const OPEN_BRACE = 0x7b;
const QUOTE = 0x22;

/** A check of predictions against the shape and the labels that a model declares; undefined when it declares none. */
export function predictionCheckOf(model: ModelEntry): PredictionCheck | undefined {
  const format = model.outputFormat;
  if (format?.shape === undefined && format?.labels === undefined) return undefined;
  return (scanner, prediction) =>
    (format.shape === undefined ? undefined : shapeProblem(scanner, prediction.start, format.shape)) ??
    (format.labels === undefined ? undefined : labelProblem(scanner, prediction, format));
}

/** The position of the value that matters in a prediction; undefined when the prediction does not have it. */
export function valueThatMatters(
  scanner: JsonScanner,
  prediction: Span,
  format: OutputFormat | undefined,
): Span | undefined {
  return format?.field === undefined ? prediction : valueAt(scanner, prediction, format.field);
}

/** The label of a value; undefined when it has none. Numbers are compared by their digits: `-1.0` is `-1`. */
export function labelOf(scanner: JsonScanner, value: Span, format: OutputFormat): string | undefined {
  const text = scalarText(scanner, value);
  const { labels } = format;
  if (text === undefined || labels === undefined) return undefined;
  if (Object.hasOwn(labels, text)) return labels[text];
  const canonical = scanner.bytes[value.start] === QUOTE ? undefined : canonicalDecimal(text);
  return canonical === undefined ? undefined : numberLabelsOf(labels).get(canonical);
}

const numberLabels = new WeakMap<object, ReadonlyMap<string, string>>();

/** The labels of numbers, by the canonical form of each. */
function numberLabelsOf(labels: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  let known = numberLabels.get(labels);
  if (known === undefined) {
    known = new Map(
      Object.entries(labels).flatMap(([key, label]) => {
        const canonical = canonicalDecimal(key);
        return canonical === undefined ? [] : [[canonical, label] as const];
      }),
    );
    numberLabels.set(labels, known);
  }
  return known;
}

/** A value as a number; undefined when it is none. */
export function numberAt(scanner: JsonScanner, value: Span): number | undefined {
  const text = scalarText(scanner, value);
  const first = scanner.bytes[value.start];
  const number = text === undefined || first === QUOTE || text === "" ? Number.NaN : Number(text);
  return Number.isNaN(number) || text === "null" || text === "true" || text === "false" ? undefined : number;
}

/** Whether a value and a threshold satisfy a comparison. */
export function compare(value: number, comparison: Comparison, threshold: number): boolean {
  switch (comparison) {
    case ">=":
      return value >= threshold;
    case ">":
      return value > threshold;
    case "<=":
      return value <= threshold;
    case "<":
      return value < threshold;
    case "==":
      return value === threshold;
    case "!=":
      return value !== threshold;
  }
}

function shapeProblem(scanner: JsonScanner, start: number, shape: readonly number[]): string | undefined {
  const wrong = `does not have the declared shape [${shape.join(", ")}]`;
  const isList = scanner.bytes[start] === OPEN_BRACKET;
  const [size, ...inner] = shape;
  if (size === undefined) return isList ? wrong : undefined;
  if (!isList) return wrong;
  let count = 0;
  let problem: string | undefined;
  scanner.array(start, 0, (index, itemStart) => {
    count = index + 1;
    problem ??= shapeProblem(scanner, itemStart, inner) === undefined ? undefined : wrong;
    return scanner.value(itemStart, 0);
  });
  return problem ?? (count === size ? undefined : wrong);
}

function labelProblem(scanner: JsonScanner, prediction: Span, format: OutputFormat): string | undefined {
  const value = valueThatMatters(scanner, prediction, format);
  if (value === undefined) return `has no ${format.field}`;
  if (labelOf(scanner, value, format) !== undefined) return undefined;
  const text = Buffer.from(scanner.bytes.subarray(value.start, Math.min(value.end, value.start + 80))).toString();
  return `is ${text}, which is not one of the declared labels ${Object.keys(format.labels ?? {})
    .join(", ")
    .slice(0, 400)}`;
}

/** A scalar as text, strings without quotes. Undefined for lists and objects. */
function scalarText(scanner: JsonScanner, value: Span): string | undefined {
  const first = scanner.bytes[value.start];
  if (first === OPEN_BRACKET || first === OPEN_BRACE) return undefined;
  if (first === QUOTE) return scanner.text(value.start, value.end);
  const { buffer, byteOffset } = scanner.bytes;
  return Buffer.from(buffer, byteOffset + value.start, value.end - value.start).toString("latin1");
}
