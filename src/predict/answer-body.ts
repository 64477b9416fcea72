import { JsonScanner, JsonSyntaxError, type Span } from "./json/json-scanner.ts";

/** What was found in a KServe v1 answer. */
export interface ScannedAnswer {
  readonly bytes: Uint8Array;
  /** The key that the predictions stand under. */
  readonly key: string;
  /** Where the predictions lie. */
  readonly predictions: Span;
  /** How many predictions there are; undefined when they are not a list. */
  readonly count: number | undefined;
  /** Where the other top-level values lie, by name. */
  readonly others: ReadonlyMap<string, Span>;
  /** Whether any number may be no finite double: NaN, Infinity, 1e999. */
  readonly hasOddNumbers: boolean;
}

/** An answer that is none, and why, in words for the caller. */
export class BadAnswer extends Error {}

const NULL = 0x6e;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;

/** What is expected of an answer. */
export interface ExpectedAnswer {
  readonly instanceCount: number;
  /** The keys that predictions may stand under, the usual one first. */
  readonly keys: readonly string[];
  /** What is wrong with one prediction; undefined where nothing is declared. */
  readonly problem: PredictionCheck | undefined;
}

/** What is wrong with the prediction that lies from `start` to `end`, in words; undefined when nothing is. */
export type PredictionCheck = (scanner: JsonScanner, prediction: Span) => string | undefined;

/**
 * Checks that bytes are a KServe v1 answer, `{"predictions": ..., ...}`, with as many predictions as instances where
 * they are a list, each as it is declared, and finds them in it.
 *
 * @throws BadAnswer
 */
export function scanAnswer(bytes: Uint8Array, expected: ExpectedAnswer, maxDepth: number): ScannedAnswer {
  const { keys, instanceCount } = expected;
  let key = "";
  let predictions: Span | undefined;
  let count: number | undefined;
  const others = new Map<string, Span>();
  let hasOddNumbers = false;
  try {
    const scanner = new JsonScanner(bytes, maxDepth);
    const start = scanner.space(0);
    if (bytes[start] !== OPEN_BRACE) {
      scanner.end(scanner.value(start, 0));
      throw new BadAnswer("it is not a JSON object");
    }
    scanner.end(
      scanner.object(start, 0, (name, valueStart) => {
        if (!keys.includes(name)) {
          const end = scanner.value(valueStart, 1);
          others.set(name, { start: valueStart, end });
          return end;
        }
        const read = readPredictions(scanner, valueStart, expected.problem);
        key = name;
        predictions = { start: valueStart, end: read.end };
        count = read.count;
        return read.end;
      }),
    );
    hasOddNumbers = scanner.sawOddNumber;
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw new BadAnswer(`it is not JSON: ${error.message}`);
    throw error;
  }
  if (predictions === undefined) throw new BadAnswer(`it has no ${keys[0]}`);
  // KServe's batcher answers a failed call with 200 and `{"message": "...", "predictions": null}`.
  if (bytes[predictions.start] === NULL) throw new BadAnswer("its predictions are null");
  if (count !== undefined && count !== instanceCount) {
    throw new BadAnswer(`it has ${count} predictions for ${instanceCount} instances`);
  }
  return { bytes, key, predictions, count, others, hasOddNumbers };
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
    const problem = check(scanner, { start: itemStart, end: itemEnd });
    if (problem !== undefined) throw new BadAnswer(`predictions[${index}] ${problem}`);
    return itemEnd;
  });
  return { end, count };
}

/** An answer with its predictions under `predictions`, so that callers need not know how their model is spoken to. */
export function asPredictions({ bytes, predictions, others }: ScannedAnswer): Uint8Array {
  const pieces = [Buffer.from('{"predictions":'), bytes.subarray(predictions.start, predictions.end)];
  for (const [name, { start, end }] of others) {
    pieces.push(Buffer.from(`,${JSON.stringify(name)}:`), bytes.subarray(start, end));
  }
  return Buffer.concat([...pieces, Buffer.from("}")]);
}
