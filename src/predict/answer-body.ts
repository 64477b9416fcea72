import { JsonScanner, JsonSyntaxError, type Span } from "./json-scanner.ts";

/** What was found in a KServe v1 answer. */
export interface ScannedAnswer {
  readonly bytes: Uint8Array;
  /** Where the value of `predictions` lies. */
  readonly predictions: Span;
  /** How many predictions there are; undefined when they are not a list. */
  readonly count: number | undefined;
  /** Where the other top-level values lie, by name. */
  readonly others: ReadonlyMap<string, Span>;
}

/** An answer that is none, and why, in words for the caller. */
export class BadAnswer extends Error {}

const NULL = 0x6e;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;

/**
 * Checks that bytes are a KServe v1 answer, `{"predictions": ..., ...}`, with as many predictions as instances where
 * they are a list, and finds them in it.
 *
 * @throws BadAnswer
 */
export function scanAnswer(bytes: Uint8Array, instanceCount: number, maxDepth: number): ScannedAnswer {
  let predictions: Span | undefined;
  let count: number | undefined;
  const others = new Map<string, Span>();
  try {
    const scanner = new JsonScanner(bytes, maxDepth);
    const start = scanner.space(0);
    if (bytes[start] !== OPEN_BRACE) {
      scanner.end(scanner.value(start, 0));
      throw new BadAnswer("it is not a JSON object");
    }
    scanner.end(
      scanner.object(start, 0, (name, valueStart) => {
        if (name !== "predictions") {
          const end = scanner.value(valueStart, 1);
          others.set(name, { start: valueStart, end });
          return end;
        }
        count = undefined;
        let end: number;
        if (bytes[valueStart] === OPEN_BRACKET) {
          count = 0;
          end = scanner.array(valueStart, 1, (index, itemStart) => {
            count = index + 1;
            return scanner.value(itemStart, 2);
          });
        } else {
          end = scanner.value(valueStart, 1);
        }
        predictions = { start: valueStart, end };
        return end;
      }),
    );
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw new BadAnswer(`it is not JSON: ${error.message}`);
    throw error;
  }
  if (predictions === undefined) throw new BadAnswer("it has no predictions");
  // KServe's batcher answers a failed call with 200 and `{"message": "...", "predictions": null}`.
  if (bytes[predictions.start] === NULL) throw new BadAnswer("its predictions are null");
  if (count !== undefined && count !== instanceCount) {
    throw new BadAnswer(`it has ${count} predictions for ${instanceCount} instances`);
  }
  return { bytes, predictions, count, others };
}
