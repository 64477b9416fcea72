import { parseDurationMs } from "../base/duration.ts";

/** One environment variable: how it is written, what it means, and how it is read. */
export interface Variable<T> {
  readonly name: string;
  /** How a value is written, for messages and the documentation: `a duration such as 10s, from 1s to 10m`. */
  readonly form: string;
  /** The default as one would write it; undefined when the variable has none. */
  readonly default: string | undefined;
  readonly meaning: string;
  /** Its value is never shown. */
  readonly secret: boolean;
  /** Whether an empty value says something else than none. */
  readonly emptyCounts: boolean;
  /** Reads a value; undefined when it does not have the form. */
  readonly parse: (text: string) => T | undefined;
}

/** What the variables of a table say, by key. */
export type ValuesOf<Table> = { readonly [K in keyof Table]: Table[K] extends Variable<infer T> ? T : never };

interface About {
  readonly meaning: string;
  readonly default?: string;
  /** Default: false. */
  readonly secret?: boolean;
  /** Default: false. */
  readonly emptyCounts?: boolean;
}

/** The least and the most, both allowed. */
type Range<T> = readonly [min: T, max: T];

/** What a text has to match, or to pass. */
type Check = RegExp | ((text: string) => boolean);

/** A variable that may be undefined, unless it has a default. */
type VariableOf<T, A extends About> = Variable<A extends { readonly default: string } ? T : T | undefined>;

function variable<T, A extends About>(
  name: string,
  form: string,
  about: A,
  parse: (text: string) => T | undefined,
): VariableOf<T, A> {
  const { meaning, default: fallback, secret = false, emptyCounts = false } = about;
  return { name, form, default: fallback, meaning, secret, emptyCounts, parse } as VariableOf<T, A>;
}

/** Any text. */
export function text<A extends About>(name: string, form: string, about: A): VariableOf<string, A> {
  return variable(name, form, about, (value) => value);
}

/** `true` or `false`, also written `on` or `off`. */
export function flag<A extends About>(name: string, about: A): VariableOf<boolean, A> {
  const values: Readonly<Record<string, boolean>> = {
    true: true,
    on: true,
    "1": true,
    false: false,
    off: false,
    "0": false,
  };
  return variable(name, "true or false (also on or off)", about, (value) => values[value.toLowerCase()]);
}

/** One of a few words. */
export function choice<const T extends string, A extends About>(
  name: string,
  words: readonly T[],
  about: A,
): VariableOf<T, A> {
  return variable(name, `one of ${words.join(", ")}`, about, (value) => words.find((word) => word === value));
}

/** A whole number from `min` to `max`. */
export function integer<A extends About>(name: string, [min, max]: Range<number>, about: A): VariableOf<number, A> {
  return variable(name, `a whole number from ${min} to ${max}`, about, (value) =>
    /^\d{1,15}$/.test(value) ? within(Number(value), min, max) : undefined,
  );
}

/** A duration from `min` to `max`, in milliseconds. With `off`, `0` is allowed too and reads as 0. */
export function duration<A extends About & { readonly off?: true }>(
  name: string,
  [min, max]: Range<string>,
  about: A,
): VariableOf<number, A> {
  const form = `a duration such as ${about.default ?? min}, from ${min} to ${max}`;
  const read = parserWithin(parseDurationMs, [min, max]);
  return variable(name, about.off ? `${form}; 0 turns it off` : form, about, (value) =>
    about.off && /^0(ms|s|m|h)?$/.test(value) ? 0 : read(value),
  );
}

/** A size from `min` to `max`, in bytes. */
export function size<A extends About>(name: string, [min, max]: Range<string>, about: A): VariableOf<number, A> {
  const form = `a size such as ${about.default ?? min}, from ${min} to ${max}`;
  return variable(name, form, about, parserWithin(parseSizeBytes, [min, max]));
}

/** Texts with commas between them. */
export function list<A extends About>(name: string, form: string, about: A): VariableOf<readonly string[], A> {
  return listOf(name, form, () => true, about);
}

/** Texts with commas between them, each of which is checked. */
export function listOf<A extends About, T extends string = string>(
  name: string,
  form: string,
  check: Check | ((item: string) => item is T),
  about: A,
): VariableOf<readonly T[], A> {
  return variable(name, form, about, (value) => {
    const items = value
      .split(",")
      .map((item) => item.trim())
      .filter((item) => item !== "");
    return items.every((item) => passes(check, item)) ? (items as T[]) : undefined;
  });
}

/** A text that is checked. */
export function checked<A extends About>(name: string, form: string, check: Check, about: A): VariableOf<string, A> {
  return variable(name, form, about, (value) => (passes(check, value) ? value : undefined));
}

function passes(check: Check, value: string): boolean {
  return check instanceof RegExp ? check.test(value) : check(value);
}

/** Whether a text is the absolute path of a folder other than that of all files. */
export function isFolder(text: string): boolean {
  return text.startsWith("/") && text !== "/";
}

const sizeUnits: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** Reads `512B`, `64KiB`, `16MiB`, `1GiB` as bytes; undefined when it is none. */
function parseSizeBytes(text: string): number | undefined {
  const match = /^(\d+)(B|KiB|MiB|GiB)$/.exec(text.trim());
  return match === null ? undefined : Number(match[1]) * sizeUnits[match[2]!]!;
}

function within(value: number, min: number, max: number): number | undefined {
  return value >= min && value <= max ? value : undefined;
}

/** Reads values with a unit, of those from `min` to `max`. */
function parserWithin(parse: (text: string) => number | undefined, [min, max]: Range<string>) {
  return (text: string): number | undefined => within(parse(text) ?? Number.NaN, parse(min)!, parse(max)!);
}
