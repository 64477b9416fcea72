import { inSlices, outOfTurn, sliceBytes } from "../../base/in-slices.ts";
import type { ModelRef } from "../../registry/model-key.ts";
import type { CheckedRequest } from "../checked-request.ts";
import { ByteWriter } from "../json/byte-writer.ts";
import { TooManyValues } from "../json/json-scanner.ts";
import { appendNumbers, maxNumbers, numbers } from "../json/number-writer.ts";
import { cellBytes, cellStart, listValueRows } from "../rows/list-value-rows.ts";
import type { Rows } from "../rows/rows.ts";
import { tensorRequestInSlices } from "./packed-tensor.ts";
import { fastPathMiss, utf8Text, WireReader } from "./wire.ts";

/** What a PredictRequest asks for, with its input as a KServe v1 request. */
export interface ReadPredictRequest extends ModelRef {
  /** The form of the input, and so of the answer. */
  readonly form: "instances" | "tensor" | "body";
  readonly body: Uint8Array;
  /** How many instances there are; undefined for `body`, which has not been looked at. */
  readonly instanceCount: number | undefined;
  /** Undefined for `body`. */
  readonly rows: Rows | undefined;
}

const tag = { name: 0x0a, instances: 0x12, tensor: 0x1a, body: 0x22, namespace: 0x42, cluster: 0x4a } as const;
const valueTag = { null: 0x08, number: 0x11, string: 0x1a, bool: 0x20, struct: 0x2a, list: 0x32 } as const;

const openInstances = Buffer.from('{"instances":');
const nullWord = Buffer.from("null");
const trueWord = Buffer.from("true");
const falseWord = Buffer.from("false");

const COMMA = 0x2c;
const QUOTE = 0x22;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * Reads the bytes of a PredictRequest and writes its input as JSON text, with no message objects between. It takes the
 * plain form that encoders write: each field once, nothing unknown, no `parameters`, no `validate_only`, valid UTF-8. Many
 * instances let others go first now and then; few are read at once.
 *
 * @param maxValues how many values there may be, where they are not rows of numbers; default: as many as there are
 * @throws TooManyValues
 * @throws FastPathMiss for all else, good or bad: the general decoder is to judge it
 */
export function readPredictRequestInSlices(
  bytes: Uint8Array,
  maxDepth: number,
  maxValues?: number,
  bytesAtOnce = sliceBytes,
): ReadPredictRequest | Promise<ReadPredictRequest> {
  return inSlices(reading(bytes, { maxDepth, maxValues, sliceBytes: bytesAtOnce }));
}

/** Reads all but instances, and gives what reads those, to be called until it does not throw `outOfTurn`. */
function reading(bytes: Uint8Array, limits: ValueLimits): () => ReadPredictRequest {
  const reader = new WireReader(bytes);
  let name: string | undefined;
  let namespace: string | undefined;
  let cluster: string | undefined;
  let input: { readonly field: number; readonly start: number; readonly end: number } | undefined;
  while (reader.pos < bytes.length) {
    const field = reader.varint();
    const end = reader.end(bytes.length);
    if (field === tag.name) {
      if (name !== undefined) throw fastPathMiss;
      name = utf8Text(bytes, reader.pos, end);
    } else if (field === tag.namespace) {
      if (namespace !== undefined) throw fastPathMiss;
      namespace = utf8Text(bytes, reader.pos, end);
    } else if (field === tag.cluster) {
      if (cluster !== undefined) throw fastPathMiss;
      cluster = utf8Text(bytes, reader.pos, end);
    } else {
      if (input !== undefined) throw fastPathMiss;
      input = { field, start: reader.pos, end };
    }
    reader.pos = end;
  }
  if (name === undefined || input === undefined) throw fastPathMiss;
  const { field, start, end } = input;
  const ref = { name, namespace, cluster };
  reader.pos = start;
  if (field === tag.tensor) {
    const write = tensorInput(reader, end, limits.sliceBytes);
    return () => ({ ...ref, form: "tensor", rows: undefined, ...write() });
  }
  if (field === tag.body) {
    const body = bytes.subarray(start, end);
    return () => ({ ...ref, form: "body", body, instanceCount: undefined, rows: undefined });
  }
  if (field !== tag.instances) throw fastPathMiss;
  const transcoder = new ValueTranscoder(reader, limits, end - start);
  return () => {
    const { body, instanceCount } = transcoder.instances(end);
    return { ...ref, form: "instances", body, instanceCount, rows: listValueRows(reader.view, start, end) };
  };
}

interface ValueLimits {
  readonly maxDepth: number;
  /** Default: no limit. */
  readonly maxValues?: number | undefined;
  /** How much is read before others get their turn, in bytes. */
  readonly sliceBytes: number;
}

/** A row as a `values` of a ListValue whose lengths take a byte each: its tag and length, those of its list. */
const rowHeadBytes = 4;
const maxNarrowBytes = 0x7e;

/** A list or an object that gave way to others, at one of its items or members. */
interface Unfinished {
  readonly at: number;
  /** Whether something of that item has been written. */
  readonly isBegun: boolean;
  /** Of a list: how many items it has so far, and how many of them are not numbers. */
  readonly count: number;
  readonly others: number;
  /** Of an object. */
  readonly names?: Set<string>;
}

/** Writes google.protobuf.Value as JSON text. */
class ValueTranscoder {
  readonly #reader: WireReader;
  readonly #writer: ByteWriter;
  readonly #maxDepth: number;
  readonly #maxValues: number;
  readonly #sliceBytes: number;
  /** How many values there were so far, but for numbers and rows of them. */
  #values = 0;
  /** Whether the list that was read last holds numbers, and nothing else. */
  #wasRow = false;
  /** Where the slice ends that is read in this turn. */
  #sliceEnd: number;
  /** The lists and objects around the place that the slice before ended at, the innermost first; undefined where none is left. */
  #unfinished: Unfinished[] | undefined;

  /** @param size how many bytes the instances take */
  constructor(reader: WireReader, limits: ValueLimits, size: number) {
    const { maxDepth, maxValues = Number.POSITIVE_INFINITY, sliceBytes } = limits;
    this.#reader = reader;
    this.#writer = new ByteWriter(size + 32);
    this.#maxDepth = maxDepth;
    this.#maxValues = maxValues;
    this.#sliceBytes = sliceBytes;
    this.#sliceEnd = reader.pos + sliceBytes;
    this.#writer.bytes(openInstances);
  }

  /**
   * A KServe v1 request of the ListValue up to `end`.
   *
   * @throws outOfTurn at the end of a slice: the next call goes on there
   */
  instances(end: number): { readonly body: Uint8Array; readonly instanceCount: number } {
    const instanceCount = this.#list(end, 1);
    // Bad counts are for the general way to refuse.
    if (instanceCount === 0) throw fastPathMiss;
    this.#writer.byte(CLOSE_BRACE);
    return { body: this.#writer.finish(), instanceCount };
  }

  /** A google.protobuf.ListValue up to `end`. Returns how many items it has. */
  #list(end: number, depth: number): number {
    const reader = this.#reader;
    const writer = this.#writer;
    if (depth >= this.#maxDepth) throw fastPathMiss;
    let count = 0;
    let others = 0;
    let isBegun = false;
    if (this.#unfinished === undefined) writer.byte(OPEN_BRACKET);
    else ({ at: reader.pos, isBegun, count, others } = this.#goOn());
    let at = reader.pos;
    try {
      while (reader.pos < end) {
        at = reader.pos;
        if (!isBegun) {
          if (at >= this.#sliceEnd) this.#giveWay();
          if (count > 0) writer.byte(COMMA);
          const numberCount = this.#numbers(end);
          if (numberCount > 0) {
            count += numberCount;
            continue;
          }
          const rowCount = this.#rows(end, depth + 1);
          if (rowCount > 0) {
            count += rowCount;
            others += rowCount;
            continue;
          }
          isBegun = true;
        }
        if (reader.bytes[reader.pos++] !== 0x0a) throw fastPathMiss;
        this.#value(reader.end(end), depth);
        isBegun = false;
        count++;
        others++;
      }
    } catch (error) {
      if (error === outOfTurn) this.#leave({ at, isBegun, count, others });
      throw error;
    }
    writer.byte(CLOSE_BRACKET);
    this.#wasRow = count > 0 && others === 0;
    return count;
  }

  /** Writes the numbers that come next in a list. Returns how many. */
  #numbers(end: number): number {
    const reader = this.#reader;
    const { view } = reader;
    let at = reader.pos;
    let count = 0;
    while (count < maxNumbers && at + cellBytes <= end && view.getUint32(at) >>> 8 === cellStart) {
      numbers.setFloat64(count++ * 8, view.getFloat64(at + 3, true), true);
      at += cellBytes;
    }
    if (count > 0) appendNumbers(this.#writer, count, count, 0);
    reader.pos = at;
    return count;
  }

  /**
   * Writes the rows of numbers that come next in a list, where they are as wide as the first of them and narrow: their
   * numbers go many at a time. Returns how many rows.
   */
  #rows(end: number, depth: number): number {
    const reader = this.#reader;
    const { view } = reader;
    let at = reader.pos;
    if (at + rowHeadBytes > end || depth >= this.#maxDepth) return 0;
    const head = view.getUint32(at);
    const cells = head & 0xff;
    const width = cells / cellBytes;
    const isRow =
      head >>> 24 === 0x0a && ((head >>> 8) & 0xff) === valueTag.list && ((head >>> 16) & 0xff) === cells + 2;
    if (!isRow || cells === 0 || cells >= maxNarrowBytes || width % 1 !== 0) return 0;
    const rowBytes = rowHeadBytes + cells;
    let rows = 0;
    for (; (rows + 1) * width <= maxNumbers && at + rowBytes <= end && view.getUint32(at) === head; at += rowBytes) {
      if (!this.#takeCells(at + rowHeadBytes, rows * width, width)) break;
      rows++;
    }
    if (rows === 0) return 0;
    const writer = this.#writer;
    writer.byte(OPEN_BRACKET);
    appendNumbers(writer, rows * width, width, 0);
    writer.byte(CLOSE_BRACKET);
    reader.pos = at;
    return rows;
  }

  /** Puts the cells of a row in with the `numbers` that are to be written; false where one is not a number. */
  #takeCells(start: number, from: number, width: number): boolean {
    const { view } = this.#reader;
    for (let column = 0, at = start; column < width; column++, at += cellBytes) {
      if (view.getUint32(at) >>> 8 !== cellStart) return false;
      numbers.setFloat64((from + column) * 8, view.getFloat64(at + 3, true), true);
    }
    return true;
  }

  #value(end: number, depth: number): void {
    // What goes on has been counted.
    if (this.#unfinished === undefined && ++this.#values > this.#maxValues) throw new TooManyValues(this.#maxValues);
    const reader = this.#reader;
    const writer = this.#writer;
    const { bytes } = reader;
    switch (bytes[reader.pos++]) {
      case valueTag.number:
        if (reader.pos + 8 !== end) throw fastPathMiss;
        numbers.setFloat64(0, reader.view.getFloat64(reader.pos, true), true);
        appendNumbers(writer, 1, 1, 0);
        reader.pos = end;
        return;
      case valueTag.list:
        if (reader.end(end) !== end) throw fastPathMiss;
        this.#list(end, depth + 1);
        if (this.#wasRow) this.#values--;
        return;
      case valueTag.string:
        if (reader.end(end) !== end) throw fastPathMiss;
        appendString(writer, bytes, reader.pos, end);
        reader.pos = end;
        return;
      case valueTag.struct:
        if (reader.end(end) !== end) throw fastPathMiss;
        this.#struct(end, depth + 1);
        return;
      case valueTag.bool: {
        const value = bytes[reader.pos++];
        if (reader.pos !== end || value === undefined || value > 1) throw fastPathMiss;
        writer.bytes(value === 1 ? trueWord : falseWord);
        return;
      }
      case valueTag.null:
        if (bytes[reader.pos++] !== 0 || reader.pos !== end) throw fastPathMiss;
        writer.bytes(nullWord);
        return;
      default:
        throw fastPathMiss;
    }
  }

  #struct(end: number, depth: number): void {
    const reader = this.#reader;
    const writer = this.#writer;
    if (depth >= this.#maxDepth) throw fastPathMiss;
    let names = new Set<string>();
    let isBegun = false;
    if (this.#unfinished === undefined) {
      writer.byte(OPEN_BRACE);
    } else {
      const unfinished = this.#goOn();
      ({ at: reader.pos, isBegun, names = names } = unfinished);
    }
    let at = reader.pos;
    try {
      while (reader.pos < end) {
        at = reader.pos;
        if (!isBegun && at >= this.#sliceEnd) this.#giveWay();
        // A map entry: the key as field 1, the value as field 2.
        if (reader.bytes[reader.pos++] !== 0x0a) throw fastPathMiss;
        const entryEnd = reader.end(end);
        if (reader.bytes[reader.pos++] !== 0x0a) throw fastPathMiss;
        const keyEnd = reader.end(entryEnd);
        if (!isBegun) {
          if (names.size > 0) writer.byte(COMMA);
          const name = utf8Text(reader.bytes, reader.pos, keyEnd);
          // Of a key that comes twice the last counts, and an object of the decoder has integer keys first.
          if (names.has(name) || /^\d+$/.test(name) || name === "__proto__") throw fastPathMiss;
          names.add(name);
          appendString(writer, reader.bytes, reader.pos, keyEnd);
          writer.byte(COLON);
          isBegun = true;
        }
        reader.pos = keyEnd;
        if (reader.bytes[reader.pos++] !== 0x12 || reader.end(entryEnd) !== entryEnd) throw fastPathMiss;
        this.#value(entryEnd, depth);
        isBegun = false;
      }
    } catch (error) {
      if (error === outOfTurn) this.#leave({ at, isBegun, count: 0, others: 0, names });
      throw error;
    }
    writer.byte(CLOSE_BRACE);
  }

  #giveWay(): never {
    this.#sliceEnd = this.#reader.pos + this.#sliceBytes;
    throw outOfTurn;
  }

  #leave(unfinished: Unfinished): void {
    this.#unfinished ??= [];
    this.#unfinished.push(unfinished);
  }

  /** Where the list or object was that is read again, as the next of those that are not finished. */
  #goOn(): Unfinished {
    const unfinished = this.#unfinished!.pop()!;
    if (this.#unfinished!.length === 0) this.#unfinished = undefined;
    return unfinished;
  }
}

/** A Tensor with packed `shape` and `values`, each once, that fit. */
function tensorInput(reader: WireReader, end: number, sliceBytes: number): () => CheckedRequest {
  const { bytes } = reader;
  if (bytes[reader.pos++] !== 0x0a) throw fastPathMiss;
  const shapeEnd = reader.end(end);
  const shape: number[] = [];
  let product = 1;
  while (reader.pos < shapeEnd) {
    const size = reader.varint();
    shape.push(size);
    product *= size;
  }
  if (reader.pos !== shapeEnd || shape.length === 0 || shape.length > 8 || bytes[reader.pos++] !== 0x12)
    throw fastPathMiss;
  const valuesEnd = reader.end(end);
  if (valuesEnd !== end || product === 0 || product * 8 !== end - reader.pos) throw fastPathMiss;
  return tensorRequestInSlices(bytes.subarray(reader.pos, end), shape, sliceBytes);
}

/** Appends a JSON string. Most strings need no escape and are copied as they are. */
function appendString(writer: ByteWriter, bytes: Uint8Array, start: number, end: number): void {
  let copied = true;
  for (let at = start; at < end && copied; at++) {
    const byte = bytes[at]!;
    copied = byte >= 0x20 && byte < 0x80 && byte !== QUOTE && byte !== BACKSLASH;
  }
  if (copied) {
    writer.byte(QUOTE);
    writer.bytes(bytes, start, end);
    writer.byte(QUOTE);
  } else {
    writer.text(JSON.stringify(utf8Text(bytes, start, end)));
  }
}
