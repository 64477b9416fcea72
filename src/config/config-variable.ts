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

interface About {
  readonly meaning: string;
  readonly default?: string;
  /** Default: false. */
  readonly secret?: boolean;
  /** Default: false. */
  readonly emptyCounts?: boolean;
}

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

/** A whole number within limits. */
export function integer<A extends About>(
  name: string,
  limits: { min: number; max: number },
  about: A,
): VariableOf<number, A> {
  return variable(name, `a whole number from ${limits.min} to ${limits.max}`, about, (value) =>
    /^\d{1,15}$/.test(value) ? within(Number(value), limits) : undefined,
  );
}

/** A duration within limits, in milliseconds. With `off`, `0` is allowed too and reads as 0. */
export function duration<A extends About>(
  name: string,
  limits: { min: string; max: string; off?: boolean },
  about: A,
): VariableOf<number, A> {
  const range = { min: parseDurationMs(limits.min)!, max: parseDurationMs(limits.max)! };
  const form = `a duration such as ${about.default ?? limits.min}, from ${limits.min} to ${limits.max}`;
  return variable(name, limits.off ? `${form}; 0 turns it off` : form, about, (value) => {
    if (limits.off && /^0(ms|s|m|h)?$/.test(value)) return 0;
    const ms = parseDurationMs(value);
    return ms === undefined ? undefined : within(ms, range);
  });
}

/** A size within limits, in bytes. */
export function size<A extends About>(
  name: string,
  limits: { min: string; max: string },
  about: A,
): VariableOf<number, A> {
  const range = { min: parseSizeBytes(limits.min)!, max: parseSizeBytes(limits.max)! };
  const form = `a size such as ${about.default ?? limits.min}, from ${limits.min} to ${limits.max}`;
  return variable(name, form, about, (value) => {
    const bytes = parseSizeBytes(value);
    return bytes === undefined ? undefined : within(bytes, range);
  });
}

/** Texts with commas between them, each of which a function checks. */
export function list<A extends About, T extends string = string>(
  name: string,
  form: string,
  about: A,
  ok: (item: string) => item is T = (item): item is T => item !== "",
): VariableOf<readonly T[], A> {
  return variable(name, form, about, (value) => {
    const items = value
      .split(",")
      .map((item) => item.trim())
      .filter((item) => item !== "");
    return items.every(ok) ? items : undefined;
  });
}

/** A text that a function checks. */
export function checked<A extends About>(
  name: string,
  form: string,
  about: A,
  ok: (value: string) => boolean,
): VariableOf<string, A> {
  return variable(name, form, about, (value) => (ok(value) ? value : undefined));
}

const sizeUnits: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** Reads `512B`, `64KiB`, `16MiB`, `1GiB` as bytes; undefined when it is none. */
export function parseSizeBytes(text: string): number | undefined {
  const match = /^(\d+)(B|KiB|MiB|GiB)$/.exec(text.trim());
  return match === null ? undefined : Number(match[1]) * sizeUnits[match[2]!]!;
}

/** Writes bytes the way `parseSizeBytes` reads them, in the largest whole unit. */
export function formatSize(bytes: number): string {
  const unit = ["GiB", "MiB", "KiB"].find((u) => bytes !== 0 && bytes % sizeUnits[u]! === 0) ?? "B";
  return `${bytes / sizeUnits[unit]!}${unit}`;
}

function within(value: number, limits: { min: number; max: number }): number | undefined {
  return value >= limits.min && value <= limits.max ? value : undefined;
}
