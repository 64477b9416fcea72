import { type AssertWanted, inSlices, sliceBytes } from "../base/in-slices.ts";
import type { NumbersInAnswer } from "../registry/ports.ts";
import { ByteWriter } from "./json/byte-writer.ts";
import { JsonScanner, JsonSyntaxError, numbersPerValue, type Span, TooManyValues } from "./json/json-scanner.ts";
import { answerOfTooManyValues, fewerValuesHint } from "./json/too-many-values.ts";

/** A model's answer, `{"predictions": ..., ...}`, with the positions of its parts. */
export interface ScannedAnswer {
  readonly bytes: Uint8Array;
  /** Reads the same bytes, whose syntax has been checked. */
  readonly scanner: JsonScanner;
  /** Where the predictions lie. */
  readonly predictions: Span;
  /** How many predictions there are; undefined when they are not a list. */
  readonly count: number | undefined;
  /** Where the other top-level values lie, by name. */
  readonly others: ReadonlyMap<string, Span>;
  /** Whether any number may be non-finite as a double: NaN, Infinity, 1e999. */
  readonly hasNonFinite: boolean;
}

/** Whether an answer has members other than its predictions and the name and version of its model. */
export function hasExtra(others: ScannedAnswer["others"]): boolean {
  if (others.size === 0) return false;
  for (const name of others.keys()) if (isExtra(name)) return true;
  return false;
}

/** Whether a member is neither the name nor the version of the model. */
export function isExtra(name: string): boolean {
  return name !== "model_name" && name !== "model_version";
}

/** An answer that is not a prediction, and why, in words for the caller. */
export class BadAnswer extends Error {
  /** Advice, where more is known than that the form is wrong. */
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

const NULL = 0x6e;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACE = 0x7d;

/** What is expected of an answer. */
export interface ExpectedAnswer {
  /** How many predictions there must be; undefined for any number. */
  readonly count: number | undefined;
  /** The keys that predictions may stand under, the usual one first. */
  readonly keys: readonly string[];
  /** Checks one prediction; undefined where nothing is declared. */
  readonly problem: PredictionCheck | undefined;
  /** How many values its text may hold, where they are not rows of numbers. Default: no limit but the size. */
  readonly maxTextValues?: number;
  readonly assertWanted?: AssertWanted;
}

/** The problem of the prediction between `start` and `end`, in words; undefined when there is none. */
export type PredictionCheck = (scanner: JsonScanner, prediction: Span) => string | undefined;

/**
 * Checks that bytes are an answer, `{"predictions": ..., ...}`, with the expected number of predictions where they are
 * a list, each as declared, and finds its parts. Predictions under another key are moved to `predictions`, so that
 * callers need not know which format their model uses. A long answer is read in slices; a short one at once.
 *
 * @throws BadAnswer
 */
export function scanAnswerInSlices(
  bytes: Uint8Array,
  expected: ExpectedAnswer,
  maxDepth: number,
  bytesAtOnce = sliceBytes,
): ScannedAnswer | Promise<ScannedAnswer> {
  const { keys } = expected;
  let key = "";
  let predictions: Span | undefined;
  let count: number | undefined;
  const others = new Map<string, Span>();
  let scanner: JsonScanner | undefined;
  const read = (): JsonScanner => {
    scanner ??= new JsonScanner(bytes, maxDepth, { maxValues: expected.maxTextValues, sliceBytes: bytesAtOnce });
    const reader = scanner;
    const start = reader.space(0);
    if (bytes[start] !== OPEN_BRACE) {
      reader.end(reader.value(start, 0));
      throw new BadAnswer("it is not a JSON object");
    }
    reader.end(
      reader.object(start, 0, (name, valueStart) => {
        if (!keys.includes(name)) {
          const end = reader.value(valueStart, 1);
          others.set(name, { start: valueStart, end });
          return end;
        }
        const found = readPredictions(reader, valueStart, expected.problem);
        key = name;
        predictions = { start: valueStart, end: found.end };
        count = found.count;
        return found.end;
      }),
    );
    return reader;
  };
  return inSlices(() => {
    let reader: JsonScanner;
    try {
      reader = read();
    } catch (error) {
      if (error instanceof JsonSyntaxError) throw new BadAnswer(`it is not JSON: ${error.message}`);
      if (error instanceof TooManyValues) {
        throw new BadAnswer(answerOfTooManyValues(error), fewerValuesHint);
      }
      throw error;
    }
    if (predictions === undefined) throw new BadAnswer(`it has no ${keys[0]}`);
    // KServe's batcher answers a failed call with 200 and `{"message": "...", "predictions": null}`.
    if (bytes[predictions.start] === NULL) throw new BadAnswer("its predictions are null");
    assertCount(count, expected);
    const answer = { bytes, scanner: reader, predictions, count, others, hasNonFinite: reader.sawNonFinite };
    return key === "predictions" ? answer : asPredictions(answer);
  }, expected.assertWanted);
}

/**
 * The same for an answer that was written by this process, without reading it again; undefined where it has to be read.
 *
 * @throws BadAnswer
 */
export function knownAnswer(
  bytes: Uint8Array,
  { start, end, count, others }: NumbersInAnswer,
  expected: ExpectedAnswer,
  maxDepth: number,
): ScannedAnswer | undefined {
  const { problem, maxTextValues = Number.POSITIVE_INFINITY } = expected;
  if (problem !== undefined || maxDepth < 2 || others.size + count / numbersPerValue + 2 > maxTextValues)
    return undefined;
  assertCount(count, expected);
  const scanner = new JsonScanner(bytes, maxDepth, { isUtf8: true });
  return { bytes, scanner, predictions: { start, end }, count, others, hasNonFinite: false };
}

function assertCount(count: number | undefined, expected: ExpectedAnswer): void {
  if (count === undefined || expected.count === undefined || count === expected.count) return;
  throw new BadAnswer(`it has ${counted(count, "prediction")} for ${counted(expected.count, "instance")}`, countHint);
}

function readPredictions(
  scanner: JsonScanner,
  start: number,
  check: PredictionCheck | undefined,
): { readonly end: number; readonly count: number | undefined } {
  if (scanner.bytes[start] !== OPEN_BRACKET) return { end: scanner.value(start, 1), count: undefined };
  if (check === undefined) return { end: scanner.list(start, 1), count: scanner.itemCount };
  let count = 0;
  const end = scanner.array(start, 1, (index, itemStart) => {
    count = index + 1;
    const itemEnd = scanner.value(itemStart, 2);
    const problem = scanner.againAtOnce(() => check(scanner, { start: itemStart, end: itemEnd }));
    if (problem !== undefined) throw new BadAnswer(`predictions[${index}] ${problem}`);
    return itemEnd;
  });
  return { end, count };
}

const countHint =
  "A model returns one prediction per instance. If yours is meant to return more or fewer, set in its entry: " +
  "outputFormat: {count: any}.";

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

const openPredictions = Buffer.from('{"predictions":');

/** The same answer with its predictions under `predictions`. */
function asPredictions(answer: ScannedAnswer): ScannedAnswer {
  const { bytes, predictions, scanner } = answer;
  const writer = new ByteWriter(bytes.length + openPredictions.length);
  const copy = ({ start, end }: Span): Span => {
    const from = writer.length;
    writer.bytes(bytes, start, end);
    return { start: from, end: writer.length };
  };
  writer.bytes(openPredictions);
  const copied = copy(predictions);
  const others = new Map<string, Span>();
  for (const [name, span] of answer.others) {
    writer.text(`,${JSON.stringify(name)}:`);
    others.set(name, copy(span));
  }
  writer.byte(CLOSE_BRACE);
  const written = writer.finish();
  return { ...answer, bytes: written, scanner: scanner.over(written), predictions: copied, others };
}
