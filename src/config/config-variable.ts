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
  /** Reads a value; undefined when it does not have the form. */
  readonly parse: (text: string) => T | undefined;
}

interface About {
  readonly meaning: string;
  readonly default?: string;
  readonly secret?: boolean;
}

function variable<T>(name: string, form: string, about: About, parse: Variable<T>["parse"]): Variable<T> {
  return { name, form, default: about.default, meaning: about.meaning, secret: about.secret ?? false, parse };
}

/** Any text. */
export function text(name: string, form: string, about: About): Variable<string> {
  return variable(name, form, about, (value) => value);
}

/** `true` or `false`, also written `on` or `off`. */
export function flag(name: string, about: About): Variable<boolean> {
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
export function choice<const T extends string>(name: string, words: readonly T[], about: About): Variable<T> {
  return variable(name, `one of ${words.join(", ")}`, about, (value) => words.find((word) => word === value));
}

/** A whole number within limits. */
export function integer(name: string, limits: { min: number; max: number }, about: About): Variable<number> {
  return variable(name, `a whole number from ${limits.min} to ${limits.max}`, about, (value) =>
    /^\d{1,15}$/.test(value) ? within(Number(value), limits) : undefined,
  );
}

/** A duration within limits, in milliseconds. With `off`, `0` is allowed too and reads as 0. */
export function duration(
  name: string,
  limits: { min: string; max: string; off?: boolean },
  about: About,
): Variable<number> {
  const range = { min: parseDurationMs(limits.min)!, max: parseDurationMs(limits.max)! };
  const form = `a duration such as ${about.default ?? limits.min}, from ${limits.min} to ${limits.max}`;
  return variable(name, limits.off ? `${form}; 0 turns it off` : form, about, (value) => {
    if (limits.off && /^0(ms|s|m|h)?$/.test(value)) return 0;
    const ms = parseDurationMs(value);
    return ms === undefined ? undefined : within(ms, range);
  });
}

/** A size within limits, in bytes. */
export function size(name: string, limits: { min: string; max: string }, about: About): Variable<number> {
  const range = { min: parseSizeBytes(limits.min)!, max: parseSizeBytes(limits.max)! };
  const form = `a size such as ${about.default ?? limits.min}, from ${limits.min} to ${limits.max}`;
  return variable(name, form, about, (value) => {
    const bytes = parseSizeBytes(value);
    return bytes === undefined ? undefined : within(bytes, range);
  });
}

/** Texts with commas between them, each of which a function checks. */
export function list<T extends string = string>(
  name: string,
  form: string,
  about: About,
  ok: (item: string) => item is T = (item): item is T => item !== "",
): Variable<readonly T[]> {
  return variable(name, form, about, (value) => {
    const items = value
      .split(",")
      .map((item) => item.trim())
      .filter((item) => item !== "");
    return items.every(ok) ? items : undefined;
  });
}

/** A text that a function checks. */
export function checked(name: string, form: string, about: About, ok: (value: string) => boolean): Variable<string> {
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
