import { asBuffer } from "../../base/as-buffer.ts";
import { sliceBytes } from "../../base/in-slices.ts";
import { isTextAt } from "../../base/is-text-at.ts";
import { JsonScanner, JsonSyntaxError, type Span } from "../../predict/json/json-scanner.ts";
import type { NumbersInAnswer } from "../../registry/ports.ts";
import type { TensorData } from "../tensor.ts";
import { openPredictions, type PredictionsBody } from "./tensors-to-predictions.ts";

const OPEN_BRACKET = 0x5b;

/** More than this is not kept of an answer besides its elements. */
const maxKeptBytes = 2048;
/** Of the rest it cannot be told where it stands in an answer. */
const plainId = /^[\w-]+$/;
/** The elements are a flat list of numbers: nested values are something else, and may be nested without end. */
const listDepth = 1;

/** An answer without its elements and without the id of its request. */
interface Form {
  /** How many rows it is for. */
  readonly count: number;
  readonly elementCount: number;
  /** What stands before the id; before the elements where the answer says no id. */
  readonly begin: string;
  /** What stands between the id and the elements; undefined where the answer says no id. */
  readonly middle: string | undefined;
  /** What stands behind the elements. */
  readonly end: string;
  /** How many predictions they are. */
  readonly predictionCount: number;
  /** What stands behind the predictions in the body for the caller, and where the texts lie in it. */
  readonly rest: Buffer;
  readonly texts: NumbersInAnswer["others"];
}

/**
 * The form that the answers of a model have. Those for as many rows nearly always differ in their numbers and in the id of the
 * request alone, so that one which has been read shows what the next ones say: to compare some bytes takes a fraction of what it
 * costs to read them.
 */
export class AlikeAnswers {
  #form: Form | undefined;

  /**
   * The predictions of an answer that is like the one noted last; undefined of any other.
   *
   * @param id of the request
   * @param count how many rows it is for
   */
  predictionsOf(body: Uint8Array, id: string, count: number): PredictionsBody | undefined {
    const form = this.#form;
    if (form === undefined || form.count !== count || body.length > sliceBytes) return undefined;
    const start = elementsStart(form, body, id);
    const end = body.length - form.end.length;
    if (start >= end || !isTextAt(form.end, body, end) || !hasNumbers(body, start, end, form.elementCount)) {
      return undefined;
    }
    const listStart = openPredictions.length;
    const listEnd = listStart + end - start;
    const bytes = Buffer.allocUnsafe(listEnd + form.rest.length);
    bytes.set(openPredictions);
    bytes.set(body.subarray(start, end), listStart);
    bytes.set(form.rest, listEnd);
    const others = moved(form.texts, listEnd);
    return {
      bytes,
      items: { start: listStart + 1, end: listEnd - 1 },
      numbers: { start: listStart, end: listEnd, count: form.predictionCount, others },
    };
  }

  /** Notes an answer that has been read: the elements of its only output, and the predictions that they are. */
  note(body: Uint8Array, id: string, count: number, data: TensorData, { bytes, numbers }: PredictionsBody): void {
    if (numbers === undefined || "raw" in data || data.numbers === undefined) return;
    if (body.length - data.json.length > maxKeptBytes) return;
    const start = data.json.byteOffset - body.byteOffset;
    const text = asBuffer(body);
    const before = text.toString("latin1", 0, start);
    const idMember = `"id":"${id}"`;
    const idAt = plainId.test(id) ? before.indexOf(idMember) : -1;
    this.#form = {
      count,
      elementCount: data.numbers,
      begin: idAt < 0 ? before : before.slice(0, idAt + idMember.length - id.length - 1),
      middle: idAt < 0 ? undefined : before.slice(idAt + idMember.length - 1),
      end: text.toString("latin1", start + data.json.length),
      predictionCount: numbers.count,
      rest: Buffer.from(bytes.subarray(numbers.end)),
      texts: moved(numbers.others, -numbers.end),
    };
  }
}

/** Where the elements begin in an answer of a form; behind its end where it begins in another way. */
function elementsStart({ begin, middle }: Form, body: Uint8Array, id: string): number {
  if (!isTextAt(begin, body, 0)) return body.length;
  if (middle === undefined) return begin.length;
  const idEnd = begin.length + id.length;
  if (!plainId.test(id) || !isTextAt(id, body, begin.length) || !isTextAt(middle, body, idEnd)) return body.length;
  return idEnd + middle.length;
}

/** Whether a list of so many finite numbers lies there, and nothing else. */
function hasNumbers(body: Uint8Array, start: number, end: number, count: number): boolean {
  if (body[start] !== OPEN_BRACKET) return false;
  const scanner = new JsonScanner(body, listDepth, { isUtf8: true });
  try {
    const isWhole = scanner.list(start, 0) === end;
    return isWhole && scanner.numbersAlone && !scanner.sawNonFinite && scanner.itemCount === count;
  } catch (error) {
    // Who reads the answer finds the same.
    if (error instanceof JsonSyntaxError) return false;
    throw error;
  }
}

/** The same spans, further on by so many bytes. */
function moved(spans: NumbersInAnswer["others"], by: number): NumbersInAnswer["others"] {
  if (spans.size === 0) return spans;
  return new Map<string, Span>(
    [...spans].map(([name, { start, end }]) => [name, { start: start + by, end: end + by }]),
  );
}
