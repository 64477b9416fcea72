import { isUtf8 } from "node:buffer";
import { asBuffer } from "../../base/as-buffer.ts";
import { outOfTurn } from "../../base/in-slices.ts";
import { jsonRowFits } from "../rows/json-row-fits.ts";
import type { NumberRanges } from "../rows/number-ranges.ts";
import { SimdRowScanner, worthwhileBytes } from "../rows/simd-row-scanner.ts";
import { MemberNames } from "./member-names.ts";
import { hasByteOrderMark, notUtf8At } from "./not-utf8.ts";
import { exactDecimal, maxExactDigits } from "./parse-number.ts";
import { shortName } from "./short-names.ts";

/** The position of a piece of JSON text: from `start` up to, not including, `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Malformed JSON, with the position of the error in bytes. */
export class JsonSyntaxError extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(`${message} at byte ${offset}`);
    this.name = "JsonSyntaxError";
    this.offset = offset;
  }
}

/** JSON text that holds more values than it may. */
export class TooManyValues extends Error {
  readonly maxValues: number;

  constructor(maxValues: number) {
    super(`it has more than ${maxValues} values`);
    this.name = "TooManyValues";
    this.maxValues = maxValues;
  }
}

export interface JsonScannerOptions {
  /**
   * How many values the text may have, counted up to its `end`. Rows of numbers do not count, and other plain numbers
   * count for little, so that the time for a text is bounded, whatever it consists of. Default: any number.
   */
  readonly maxValues?: number | undefined;
  /** Whether a repeated name in an object is an error. Default: false. */
  readonly uniqueNames?: boolean;
  /**
   * Whether the bytes are known to be JSON in UTF-8: they are parts of a text that was read before, or were written here.
   * Long strings are not checked again. Default: false.
   */
  readonly isUtf8?: boolean;
  /**
   * How many bytes are read before `outOfTurn` is thrown, so that others get their turn. Repeating the same call
   * continues where it was; the items and members that were being read are passed to the callbacks again. A slice may
   * end within a string where `isUtf8` is not set, which is when a text is read for the first time. Default: everything
   * is read at once.
   */
  readonly sliceBytes?: number | undefined;
}

/** An array or object whose reading was interrupted, at the item or member value to continue with. */
interface Unfinished {
  readonly at: number;
  /** Of an array: the number of items so far. */
  readonly count: number;
  /** Of a `list`. */
  readonly fitted?: NumberRanges | undefined;
  readonly rowScanner?: SimdRowScanner | undefined;
  readonly numbersAlone?: boolean;
  /** Of an object: the position of the member's name, and the names so far. */
  readonly name?: Span;
  readonly names?: MemberNames | undefined;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** This many plain numbers take about as long as one value of another kind. */
export const numbersPerValue = 32;
/**
 * Each value costs as much as this many bytes in addition to its own, so that slices of many small values stay short,
 * even before the code is optimized.
 */
const bytesPerValue = 8;
/** How many numbers of a row are skipped before values are counted. */
const numbersAtOnce = 0x1_0000;
/** How many numbers of a list are read before the scanner tries to skip many at a time. */
const numbersAtFirst = 64;

/** A longer name, number or run of white space is refused: it is read at once, and would hold up others. */
export const maxUnslicedBytes = 256 * 1024;

/** Nearly every string is shorter, and read without regard to slices. */
const usualStringBytes = 64;

/** Of a longer string that has been checked before, only the end is looked for. */
const longStringBytes = 4096;

/** A longer text is searched by native code, which a shorter one is not worth. */
const longTextBytes = 256;

/** A longer number may be non-finite as a double, even without an exponent. */
const maxPlainLength = 300;

const TRUE = Buffer.from("true");
const FALSE = Buffer.from("false");
const NULL = Buffer.from("null");
const NAN = Buffer.from("NaN");
const INFINITY = Buffer.from("Infinity");

/**
 * A strict scanner of JSON text (RFC 8259) that creates no values: it finds their positions. As an extension it accepts
 * `NaN`, `Infinity` and `-Infinity`, which several model servers write and read.
 *
 * Every method takes the position where a value starts and returns the position after it.
 */
export class JsonScanner {
  readonly bytes: Uint8Array;
  /** How many items the list had that `list` skipped last. */
  itemCount = 0;
  /** Whether its items were rows within the given ranges. */
  rowsFit = false;
  /** Whether its items were numbers. */
  numbersAlone = false;
  /** The deepest nesting of arrays and objects so far; rows of numbers may be one level deeper. */
  deepest = 0;
  /** Where the number ends that `number` read last. */
  numberEnd = 0;
  /** Whether a skipped number may be non-finite as a double: `NaN`, an infinity, or a huge exponent. */
  sawNonFinite = false;
  /** Undefined for short text, where creating it costs more than it saves. */
  readonly #view: DataView | undefined;
  readonly #maxDepth: number;
  readonly #uniqueNames: boolean;
  readonly #slicesStrings: boolean;
  #maxValues: number;
  #values = 0;
  /** The length of a slice: of text that is read for the first time, and the present one. */
  readonly #passedBytes: number;
  #sliceBytes: number;
  /** The end of the current slice. */
  #sliceEnd: number;
  /**
   * The arrays and objects that were open at the end of the slice before, innermost first; undefined when all have been
   * resumed.
   */
  #unfinished: Unfinished[] | undefined;
  /** The start of the string within which the slice before ended, and how far it has been read. */
  #begunString = -1;
  #begunTo = 0;

  /**
   * @throws JsonSyntaxError when the bytes are not UTF-8
   */
  constructor(bytes: Uint8Array, maxDepth: number, options: JsonScannerOptions = {}) {
    this.bytes = bytes;
    this.#view =
      bytes.length < worthwhileBytes ? undefined : new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#maxDepth = maxDepth;
    this.#uniqueNames = options.uniqueNames ?? false;
    this.#slicesStrings = options.isUtf8 !== true;
    this.#maxValues = options.maxValues ?? Number.POSITIVE_INFINITY;
    this.#passedBytes = options.sliceBytes ?? Number.POSITIVE_INFINITY;
    this.#sliceBytes = this.#passedBytes;
    this.#sliceEnd = this.#sliceBytes;
    if (options.isUtf8 !== true && !isUtf8(bytes)) throw new JsonSyntaxError("the text is not UTF-8", notUtf8At(bytes));
    if (hasByteOrderMark(bytes)) throw new JsonSyntaxError("unexpected byte order mark (BOM)", 0);
  }

  /** A scanner with the same limits for bytes made of pieces of these: they are known to be UTF-8, and no deeper. */
  over(bytes: Uint8Array): JsonScanner {
    const scanner = new JsonScanner(bytes, this.#maxDepth, { uniqueNames: this.#uniqueNames, isUtf8: true });
    scanner.deepest = this.deepest;
    return scanner;
  }

  /** Skips white space. */
  space(pos: number): number {
    const { bytes } = this;
    const most = pos + maxUnslicedBytes;
    for (let at = pos; at < most; at++) {
      const byte = bytes[at];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return at;
    }
    throw tooLong("white space", pos);
  }

  /** Checks that only white space follows. Anything read again from now on is neither counted nor read in slices. */
  end(pos: number): void {
    const at = this.space(pos);
    if (at !== this.bytes.length) throw this.#unexpected(at, "nothing more");
    this.#maxValues = Number.POSITIVE_INFINITY;
    this.#sliceEnd = Number.POSITIVE_INFINITY;
  }

  /** Reads something again before `end` has been called, without counting its values twice. */
  again<T>(read: () => T): T {
    const maxValues = this.#maxValues;
    const values = this.#values;
    this.#maxValues = Number.POSITIVE_INFINITY;
    try {
      return read();
    } finally {
      this.#maxValues = maxValues;
      this.#values = values;
    }
  }

  /** Does what `again` does, at once instead of in slices. */
  againAtOnce<T>(read: () => T): T {
    const sliceEnd = this.#sliceEnd;
    this.#sliceEnd = Number.POSITIVE_INFINITY;
    try {
      return this.again(read);
    } finally {
      this.#sliceEnd = sliceEnd;
    }
  }

  /** Begins a slice of reading something again from a position, which takes `takes` times as long as skipping it. */
  beginSlice(at: number, takes = 1): void {
    this.#sliceBytes = this.#passedBytes / takes;
    this.#sliceEnd = at + this.#sliceBytes;
  }

  /**
   * Skips one value. `depth` is how many arrays and objects are open around it.
   *
   * @throws TooManyValues, JsonSyntaxError
   */
  value(pos: number, depth: number): number {
    // A resumed value has been counted already.
    if (this.#unfinished === undefined && pos !== this.#begunString) {
      if (++this.#values > this.#maxValues) throw new TooManyValues(this.#maxValues);
      this.#sliceEnd -= bytesPerValue;
    }
    const byte = this.bytes[pos];
    // Numbers come first: nearly all of a prediction is numbers.
    if (byte === MINUS || (byte !== undefined && byte >= 0x30 && byte <= 0x39)) return this.#number(pos);
    switch (byte) {
      case OPEN_BRACKET:
        return this.list(pos, depth);
      case OPEN_BRACE:
        return this.object(pos, depth);
      case QUOTE:
        return this.#string(pos);
      case 0x74:
        return this.#word(pos, TRUE);
      case 0x66:
        return this.#word(pos, FALSE);
      case 0x6e:
        return this.#word(pos, NULL);
      case 0x4e:
        this.sawNonFinite = true;
        return this.#word(pos, NAN);
      case 0x49:
        this.sawNonFinite = true;
        return this.#word(pos, INFINITY);
      default:
        throw this.#unexpected(pos, "a value");
    }
  }

  /**
   * Skips an array, and sets `itemCount` to its number of items.
   *
   * @param ranges also sets `rowsFit` to whether all items are lists of numbers within these
   */
  list(pos: number, depth: number, ranges?: NumberRanges): number {
    const { bytes } = this;
    this.#assertDepth(pos, depth);
    const unfinished = this.#unfinished === undefined ? undefined : this.#goOn();
    let at = unfinished === undefined ? this.space(pos + 1) : unfinished.at;
    let count = unfinished === undefined ? 0 : unfinished.count;
    /** The ranges, as long as all rows fit them. */
    let fitted = unfinished === undefined ? ranges : unfinished.fitted;
    let rowScanner = unfinished?.rowScanner;
    let numbersAlone = unfinished?.numbersAlone ?? true;
    if (unfinished !== undefined || bytes[at] !== CLOSE_BRACKET) {
      try {
        for (;;) {
          if (at >= this.#sliceEnd) this.#giveWay(at);
          if (bytes[at] === OPEN_BRACKET) {
            numbersAlone = false;
            const start = at;
            // A row that was interrupted is resumed.
            const isBegun = this.#unfinished !== undefined;
            if (
              !isBegun &&
              at - pos >= worthwhileBytes &&
              bytes[at + 1] !== OPEN_BRACKET &&
              depth + 1 < this.#maxDepth
            ) {
              rowScanner ??= new SimdRowScanner(bytes, pos, fitted);
              at = rowScanner.pass(at);
              count += rowScanner.count;
            }
            if (at === start) {
              at = isBegun ? this.value(at, depth + 1) : this.#row(at, depth + 1);
              count++;
              if (fitted !== undefined && !jsonRowFits(this, start, fitted)) fitted = rowScanner = undefined;
            }
          } else {
            if (fitted !== undefined) fitted = rowScanner = undefined;
            this.itemCount = 0;
            if (at - pos >= worthwhileBytes) {
              rowScanner ??= new SimdRowScanner(bytes, pos);
              at = this.space(rowScanner.passNumbers(at));
              this.itemCount = rowScanner.count;
            }
            at = this.#plainNumbers(at, this.itemCount > 0 ? 1 : numbersAtFirst);
            count += this.itemCount;
            this.#values += this.itemCount / numbersPerValue;
            if (at < 0) {
              const start = ~at;
              at = this.value(start, depth + 1);
              numbersAlone &&= bytes[start] === MINUS || isDigit(bytes[start]);
              count++;
            }
          }
          at = this.space(at);
          if (bytes[at] === CLOSE_BRACKET) break;
          if (bytes[at] !== COMMA) throw this.#unexpected(at, "',' or ']'");
          at = this.space(at + 1);
        }
      } catch (error) {
        if (error === outOfTurn) this.#leave({ at: at < 0 ? ~at : at, count, fitted, rowScanner, numbersAlone });
        throw error;
      }
    }
    this.itemCount = count;
    this.rowsFit = fitted !== undefined;
    this.numbersAlone = numbersAlone;
    return at + 1;
  }

  /** Skips an array that probably contains only numbers. */
  #row(pos: number, depth: number): number {
    const end = depth < this.#maxDepth ? this.#plainNumbers(pos + 1, numbersAtOnce) : -1;
    return end >= 0 && this.bytes[end] === CLOSE_BRACKET ? end + 1 : this.value(pos, depth);
  }

  /**
   * Reads an array item by item. `readItem` gets each index and the position of its item, and returns the position
   * after the item.
   */
  array(pos: number, depth: number, readItem: (index: number, start: number) => number): number {
    const { bytes } = this;
    this.#assertDepth(pos, depth);
    const unfinished = this.#unfinished === undefined ? undefined : this.#goOn();
    let at = unfinished === undefined ? this.space(pos + 1) : unfinished.at;
    let index = unfinished === undefined ? 0 : unfinished.count;
    if (unfinished === undefined && bytes[at] === CLOSE_BRACKET) return at + 1;
    try {
      for (; ; index++) {
        if (at >= this.#sliceEnd) this.#giveWay(at);
        const end = this.space(readItem(index, at));
        if (bytes[end] === CLOSE_BRACKET) return end + 1;
        if (bytes[end] !== COMMA) throw this.#unexpected(end, "',' or ']'");
        at = this.space(end + 1);
      }
    } catch (error) {
      if (error === outOfTurn) this.#leave({ at, count: index });
      throw error;
    }
  }

  /**
   * Skips an object. `readMember` gets each name, the positions of its value and of the name, and returns the position
   * after the value.
   */
  object(pos: number, depth: number, readMember?: (name: string, start: number, nameStart: number) => number): number {
    const { bytes } = this;
    this.#assertDepth(pos, depth);
    let unfinished = this.#unfinished === undefined ? undefined : this.#goOn();
    let at = unfinished === undefined ? this.space(pos + 1) : unfinished.at;
    if (unfinished === undefined && bytes[at] === CLOSE_BRACE) return at + 1;
    let names = unfinished?.names;
    let nameStart = at;
    let nameEnd = at;
    try {
      for (;;) {
        let name: string | undefined;
        if (unfinished === undefined) {
          if (bytes[at] !== QUOTE) throw this.#unexpected(at, "a name in double quotes");
          nameStart = at;
          nameEnd = this.#string(at, true);
          at = this.space(nameEnd);
          if (bytes[at] !== COLON) throw this.#unexpected(at, "':'");
          at = this.space(at + 1);
          if (this.#uniqueNames) {
            name = this.name(nameStart, nameEnd);
            names ??= new MemberNames();
            if (!names.add(name)) throw new JsonSyntaxError("a name is repeated", nameStart);
          }
        } else {
          ({ start: nameStart, end: nameEnd } = unfinished.name!);
          unfinished = undefined;
        }
        if (at >= this.#sliceEnd) this.#giveWay(at);
        const end =
          readMember === undefined
            ? this.value(at, depth + 1)
            : readMember(name ?? this.name(nameStart, nameEnd), at, nameStart);
        at = this.space(end);
        if (bytes[at] === CLOSE_BRACE) return at + 1;
        if (bytes[at] !== COMMA) throw this.#unexpected(at, "',' or '}'");
        at = this.space(at + 1);
      }
    } catch (error) {
      if (error === outOfTurn) this.#leave({ at, count: 0, name: { start: nameStart, end: nameEnd }, names });
      throw error;
    }
  }

  /** The value of the number at `pos`, whose syntax has been checked. Notes in `numberEnd` where it ends. */
  number(pos: number): number {
    const { bytes } = this;
    const negative = bytes[pos] === MINUS;
    const first = negative ? pos + 1 : pos;
    let at = first;
    let mantissa = 0;
    let byte = bytes[at]!;
    for (; isDigit(byte); byte = bytes[++at]!) mantissa = mantissa * 10 + (byte - 0x30);
    let digits = at - first;
    let scale = 0;
    if (byte === 0x2e) {
      const point = at;
      byte = bytes[++at]!;
      for (; isDigit(byte); byte = bytes[++at]!) mantissa = mantissa * 10 + (byte - 0x30);
      scale = at - point - 1;
      digits += scale;
    }
    if (digits > maxExactDigits || digits === 0 || (byte | 0x20) === 0x65) {
      this.numberEnd = this.again(() => this.value(pos, 0));
      return Number(asBuffer(this.bytes).toString("latin1", pos, this.numberEnd));
    }
    this.numberEnd = at;
    const size = exactDecimal(mantissa, scale);
    return negative ? -size : size;
  }

  /** The same as `text`, for strings that repeat. */
  name(start: number, end: number): string {
    return shortName(this.bytes, start + 1, end - 1) ?? this.text(start, end);
  }

  /** The text of a string that has been skipped, from its first quote to behind its last. */
  text(start: number, end: number): string {
    const bytes = asBuffer(this.bytes);
    return this.#hasEscape(start + 1, end)
      ? JSON.parse(bytes.toString("utf8", start, end))
      : bytes.toString("utf8", start + 1, end - 1);
  }

  #hasEscape(start: number, end: number): boolean {
    const { bytes } = this;
    if (end - start > longTextBytes) return bytes.subarray(start, end).includes(BACKSLASH);
    for (let at = start; at < end; at++) if (bytes[at] === BACKSLASH) return true;
    return false;
  }

  /** @param isName a string that is not read in slices */
  #string(pos: number, isName = false): number {
    const { bytes } = this;
    let at = pos + 1;
    if (pos === this.#begunString) at = this.#begunTo;
    else {
      // Nearly all strings end here.
      for (const end = at + usualStringBytes; at < end; at++) {
        const byte = bytes[at];
        if (byte === QUOTE) return at + 1;
        if (byte === undefined || byte < 0x20 || byte === BACKSLASH) break;
      }
    }
    let most = pos + longStringBytes;
    if (isName) most = pos + maxUnslicedBytes;
    else if (this.#slicesStrings) most = Math.max(this.#sliceEnd, at + this.#sliceBytes);
    for (; ; at++) {
      if (at >= most) {
        if (isName) throw tooLong("a name", pos);
        if (!this.#slicesStrings) return this.#endOfKnownString(at);
        this.#begunString = pos;
        this.#begunTo = at;
        this.#giveWay(at);
      }
      const byte = bytes[at];
      if (byte === QUOTE) {
        this.#begunString = -1;
        return at + 1;
      }
      if (byte === undefined) throw new JsonSyntaxError("the text ends within a string", at);
      if (byte < 0x20) throw new JsonSyntaxError("a control character in a string is not escaped", at);
      if (byte !== BACKSLASH) continue;
      at++;
      switch (bytes[at]) {
        case 0x75: // u
          for (let i = 1; i <= 4; i++) if (!isHexDigit(bytes[at + i])) throw this.#unexpected(at + i, "a hex digit");
          at += 4;
          break;
        case QUOTE:
        case BACKSLASH:
        case 0x2f: // slash
        case 0x62: // b
        case 0x66: // f
        case 0x6e: // n
        case 0x72: // r
        case 0x74: // t
          break;
        default:
          throw this.#unexpected(at, "an escape");
      }
    }
  }

  /** Finds the end of a string that has been checked before, by native code. @param pos within it */
  #endOfKnownString(pos: number): number {
    const bytes = asBuffer(this.bytes);
    for (let at = pos; ; at++) {
      at = bytes.indexOf(QUOTE, at);
      if (at < 0) throw new JsonSyntaxError("the text ends within a string", bytes.length);
      let escapes = 0;
      while (bytes[at - 1 - escapes] === BACKSLASH) escapes++;
      if (escapes % 2 === 0) return at + 1;
    }
  }

  /**
   * Skips numbers separated by commas as long as they have no exponent, and adds their count to `itemCount`. Most of
   * the time is spent here, so four bytes are examined at once.
   *
   * @returns the position after a number that no comma follows or, as its complement, the position of an item of
   * another kind
   */
  #plainNumbers(pos: number, mostNumbers: number): number {
    const { bytes } = this;
    const view = this.#view;
    const last = bytes.length - 4;
    let count = 0;
    let start = pos;
    for (;;) {
      let at = start;
      const most = start + maxPlainLength;
      let byte = bytes[at]!;
      if (byte === MINUS) byte = bytes[++at]!;
      if (byte === 0x30) {
        byte = bytes[++at]!;
      } else {
        if (!isDigit(byte)) break;
        do byte = bytes[++at]!;
        while (isDigit(byte) && at <= most);
      }
      if (byte === 0x2e) {
        if (!isDigit(bytes[++at]!)) break;
        if (view === undefined) {
          do byte = bytes[++at]!;
          while (isDigit(byte) && at <= most);
        } else {
          let others = 0;
          for (const end = Math.min(last, most); at <= end; at += 4) {
            const four = view.getInt32(at, true);
            // A byte becomes 0 if it is a digit: its upper half is 3, and still is after adding 6.
            others = ((four & 0xf0f0f0f0) ^ 0x30303030) | (((four + 0x06060606) & 0xf0f0f0f0) ^ 0x30303030);
            if (others !== 0) break;
          }
          // The number is too long, or fewer than four bytes are left at the end of the text.
          if (others === 0) break;
          at += (31 - Math.clz32(others & -others)) >> 3;
          byte = bytes[at]!;
        }
      }
      if ((byte | 0x20) === 0x65 || at > most) break;
      count++;
      if (byte !== COMMA) {
        this.itemCount += count;
        return at;
      }
      start = at + 1;
      byte = bytes[start]!;
      if (byte <= 0x20) start = byte === 0x20 && bytes[start + 1]! > 0x20 ? start + 1 : this.space(start);
      if (count === mostNumbers) break;
    }
    this.itemCount += count;
    return ~start;
  }

  #number(pos: number): number {
    const { bytes } = this;
    const most = pos + maxUnslicedBytes;
    let at = pos;
    if (bytes[at] === MINUS) at++;
    let byte = bytes[at];
    if (byte === 0x49) {
      this.sawNonFinite = true;
      return this.#word(at, INFINITY);
    }
    if (byte === 0x30) {
      byte = bytes[++at];
    } else {
      const first = at;
      while (byte !== undefined && byte >= 0x30 && byte <= 0x39 && at < most) byte = bytes[++at];
      if (at === first) throw this.#unexpected(at, "a digit");
    }
    if (byte === 0x2e) {
      const first = ++at;
      byte = bytes[at];
      while (byte !== undefined && byte >= 0x30 && byte <= 0x39 && at < most) byte = bytes[++at];
      if (at === first) throw this.#unexpected(at, "a digit");
    }
    if (byte === 0x65 || byte === 0x45) {
      byte = bytes[++at];
      if (byte === 0x2b || byte === MINUS) byte = bytes[++at];
      const first = at;
      while (byte !== undefined && byte >= 0x30 && byte <= 0x39 && at < most) byte = bytes[++at];
      if (at === first) throw this.#unexpected(at, "a digit");
      if (at - first > 2) this.sawNonFinite = true;
    }
    if (at >= most) throw tooLong("a number", pos);
    if (at - pos > maxPlainLength) this.sawNonFinite = true;
    return at;
  }

  #word(pos: number, word: Uint8Array): number {
    for (let i = 0; i < word.length; i++) {
      if (this.bytes[pos + i] !== word[i]) throw this.#unexpected(pos, "a value");
    }
    return pos + word.length;
  }

  #giveWay(at: number): never {
    this.#sliceEnd = at + this.#sliceBytes;
    throw outOfTurn;
  }

  #leave(unfinished: Unfinished): void {
    this.#unfinished ??= [];
    this.#unfinished.push(unfinished);
  }

  /** The state of the next interrupted array or object, when reading resumes. */
  #goOn(): Unfinished | undefined {
    const unfinished = this.#unfinished!.pop();
    if (this.#unfinished!.length === 0) this.#unfinished = undefined;
    return unfinished;
  }

  #assertDepth(pos: number, depth: number): void {
    if (depth >= this.#maxDepth) {
      throw new JsonSyntaxError(`arrays and objects are nested deeper than ${this.#maxDepth}`, pos);
    }
    if (depth > this.deepest) this.deepest = depth;
  }

  #unexpected(pos: number, expected: string): JsonSyntaxError {
    const byte = this.bytes[pos];
    if (byte === undefined) return new JsonSyntaxError(`the text ends where ${expected} is expected`, pos);
    const found =
      byte > 0x20 && byte < 0x7f ? `'${String.fromCharCode(byte)}'` : `0x${byte.toString(16).padStart(2, "0")}`;
    return new JsonSyntaxError(`expected ${expected}, found ${found}`, pos);
  }
}

function tooLong(what: string, pos: number): JsonSyntaxError {
  return new JsonSyntaxError(`${what} has more than ${maxUnslicedBytes} bytes`, pos);
}

function isHexDigit(byte: number | undefined): boolean {
  return (
    byte !== undefined &&
    ((byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66))
  );
}

/** Whether a byte is a digit; false after the end of the text. */
function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}
