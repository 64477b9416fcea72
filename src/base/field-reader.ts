import { formatDuration, parseDurationMs } from "./duration.ts";
import { nearest } from "./nearest.ts";
import { withoutPassword } from "./without-password.ts";

/** What is wrong with one field of an entry: its path within the entry, and what is wrong and expected. */
export interface EntryProblem {
  readonly field: string;
  readonly message: string;
}

/** A problem as text: `type: missing`. A problem of the entry as a whole has no field. */
export function problemText({ field, message }: EntryProblem): string {
  return field === "" ? message : `${field}: ${message}`;
}

/** The limits of an entry, stated in the messages and in `docs/CONFIGURATION.md`. */
export const entryLimits = {
  descriptionChars: 4096,
  timeoutMs: { min: 1000, max: 600_000 },
  listItems: 1024,
  actionDepth: 16,
  actionValues: 1024,
  textChars: 253,
  pathChars: 1024,
} as const;

const maxUrlChars = 2048;

const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const dnsLabelForm = "a DNS label: 1 to 63 of a-z, 0-9 and '-', starting and ending with a letter or digit";

/** Parts separated by slashes, none of them empty, `.` or `..`. */
const pathNameForm = /^(?!\.{1,2}(?:\/|$))[^/\\%?#]+(?:\/(?!\.{1,2}(?:\/|$))[^/\\%?#]+)*$/;

/** Whether a text is a DNS label (RFC 1123), the form of model, service and namespace names. */
export function isDnsLabel(text: string): boolean {
  return dnsLabel.test(text);
}

/** The most problems of one entry that are collected: lists within lists can have hundreds of thousands of wrong values. */
const maxProblems = 100;

/** Reads the fields of one object of a document, and collects its problems, the first 100 of them. */
export class FieldReader {
  readonly problems: EntryProblem[] = [];
  readonly value: Readonly<Record<string, unknown>>;
  readonly #path: string;
  readonly #isStrict: boolean;

  /**
   * @param path what stands before the names of fields in problems, with its dot: `triggers[0].`
   * @param isStrict whether null is refused, and an empty text where another type is expected. People who write documents
   *   leave fields out by them; a body of a request has a schema
   */
  constructor(value: Readonly<Record<string, unknown>>, path = "", isStrict = false) {
    this.value = value;
    this.#path = path;
    this.#isStrict = isStrict;
  }

  /**
   * Whether a field is missing, or has a value that means the same as missing. An empty text means that only where a
   * text is expected.
   */
  leavesOut(field: string, isText = false): boolean {
    const value = this.value[field];
    if (this.#isStrict) return value === undefined || (isText && value === "");
    return value === undefined || value === null || value === "";
  }

  problem(field: string, message: string): void {
    if (this.#isFull) return;
    this.problems.push({ field: (this.#path + field).replace(/\.$/, ""), message });
  }

  refuseUnknown(known: readonly string[]): void {
    for (const key of Object.keys(this.value)) {
      if (known.includes(key)) continue;
      const meant = nearest(key, known);
      const help = meant === undefined ? `known are ${known.join(", ")}` : `did you mean ${meant}?`;
      this.problem(key.slice(0, 80), `unknown field; ${help}`);
    }
  }

  /** An optional text; an empty one counts as left out. */
  text(field: string, options: { required?: boolean; maxChars?: number } = {}): string | undefined {
    const value = this.value[field];
    const maxChars = options.maxChars ?? entryLimits.textChars;
    if (this.leavesOut(field, true)) {
      if (options.required) this.problem(field, "missing; expected a text");
      return undefined;
    }
    if (typeof value !== "string") {
      return this.#refuse(field, `expected a text, found ${kindOf(value)}${quotesHelp(value)}`);
    }
    if (value.length > maxChars) {
      return this.#refuse(field, `expected at most ${maxChars} characters, found ${value.length}`);
    }
    return value;
  }

  label(field: string, options: { required: boolean }): string | undefined {
    const value = this.value[field];
    if (this.leavesOut(field, true)) {
      if (options.required) this.problem(field, `missing; expected ${dnsLabelForm}`);
      return undefined;
    }
    if (typeof value === "string" && isDnsLabel(value)) return value;
    return this.#refuse(field, `expected ${dnsLabelForm}; found ${shown(value)}${quotesHelp(value)}`);
  }

  /** One of a few words. */
  choice<const T extends string>(
    field: string,
    words: readonly T[],
    options: { required?: boolean } = {},
  ): T | undefined {
    const value = this.value[field];
    if (words.includes(value as T)) return value as T;
    const expected = `expected ${words.length > 1 ? `${words.slice(0, -1).join(", ")} or ` : ""}${words.at(-1)}`;
    if (this.leavesOut(field)) {
      if (options.required) this.problem(field, `missing; ${expected}`);
      return undefined;
    }
    return this.#refuse(field, `${expected}; found ${shown(value)}`);
  }

  /** A base address, returned without a trailing slash. */
  url(field: string): string | undefined {
    const text = this.text(field, { maxChars: maxUrlChars });
    if (text === undefined) return undefined;
    const problem = isGrpcUrl(text)
      ? `is written for gRPC; write ${shown(withoutPassword(httpUrlOfGrpc(text)))} and protocol: grpc-v2`
      : baseUrlProblem(text);
    return problem === undefined ? withoutTrailingSlashes(text) : this.#refuse(field, problem);
  }

  port(field: string): number | undefined {
    const value = this.value[field];
    if (this.leavesOut(field)) return undefined;
    if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 65_535) return value;
    return this.#refuse(field, `expected a whole number from 1 to 65535; found ${shown(value)}`);
  }

  /** A name in the path of a model server. One with slashes in it, `team/fraud`, is sent percent-encoded. */
  pathName(field: string): string | undefined {
    const text = this.text(field);
    if (text === undefined || (pathNameForm.test(text) && !hasControlCharacter(text))) return text;
    return this.#refuse(
      field,
      `expected a name without '\\', '%', '?', '#' and control characters, and without '/' at its ends, "//", "." or ".." ` +
        `between slashes; found ${shown(text)}`,
    );
  }

  /** The absolute path of a file. */
  filePath(field: string): string | undefined {
    const text = this.text(field, { maxChars: entryLimits.pathChars });
    if (text === undefined || (text.startsWith("/") && !hasControlCharacter(text))) return text;
    return this.#refuse(field, `expected an absolute path, /var/run/secrets/model/token; found ${shown(text)}`);
  }

  timeoutMs(field: string): number | undefined {
    const value = this.value[field];
    if (this.leavesOut(field)) return undefined;
    const ms = typeof value === "string" ? parseDurationMs(value) : undefined;
    const { min, max } = entryLimits.timeoutMs;
    if (ms !== undefined && ms >= min && ms <= max) return ms;
    const range = `${formatDuration(min)} to ${formatDuration(max)}`;
    return this.#refuse(field, `expected a duration such as 30s, from ${range}; found ${shown(value)}`);
  }

  boolean(field: string): boolean | undefined {
    const value = this.value[field];
    if (this.leavesOut(field)) return undefined;
    return typeof value === "boolean" ? value : this.#refuse(field, `expected true or false; found ${shown(value)}`);
  }

  number(field: string): number | undefined {
    const value = this.value[field];
    if (this.leavesOut(field)) return undefined;
    if (typeof value === "number" && Number.isFinite(value)) return value;
    return this.#refuse(field, `expected a number; found ${shown(value)}`);
  }

  /** A nested object; `read` gets a reader for it. */
  object<T>(field: string, form: string, read: (reader: FieldReader) => T): T | undefined {
    const value = this.value[field];
    if (this.leavesOut(field)) return undefined;
    if (!isRecord(value)) return this.#refuse(field, `expected an object ${form}, found ${kindOf(value)}`);
    const reader = new FieldReader(value, `${this.#path}${field}.`, this.#isStrict);
    const result = read(reader);
    this.#take(reader.problems);
    return result;
  }

  /** A list; `read` is called for each item with a reader for it. Items for which it returns undefined are left out. */
  list<T>(field: string, read: (item: unknown, reader: FieldReader) => T | undefined): readonly T[] {
    const value = this.value[field];
    if (this.leavesOut(field)) return [];
    if (!Array.isArray(value) || value.length > entryLimits.listItems) {
      const found = Array.isArray(value) ? `${value.length}` : kindOf(value);
      this.problem(field, `expected a list of at most ${entryLimits.listItems}, found ${found}`);
      return [];
    }
    const results: T[] = [];
    for (const [i, item] of value.entries()) {
      // An entry with problems is refused, whatever the other items are.
      if (this.#isFull) break;
      const reader = new FieldReader(isRecord(item) ? item : {}, `${this.#path}${field}[${i}].`, this.#isStrict);
      const result = read(item, reader);
      this.#take(reader.problems);
      if (result !== undefined) results.push(result);
    }
    return results;
  }

  get #isFull(): boolean {
    return this.problems.length >= maxProblems;
  }

  #take(problems: readonly EntryProblem[]): void {
    this.problems.push(...problems.slice(0, maxProblems - this.problems.length));
  }

  #refuse(field: string, message: string): undefined {
    this.problem(field, message);
    return undefined;
  }
}

/** A text without trailing slashes. A regular expression would take quadratic time for many slashes in a row. */
export function withoutTrailingSlashes(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === "/") end--;
  return text.slice(0, end);
}

/** Whether a text is an address of gRPC, as some documents write it. */
export function isGrpcUrl(text: string): boolean {
  return /^(?:grpcs?|h2c?):/i.test(text);
}

/** An address of gRPC as http or https, which say whether there is TLS. */
export function httpUrlOfGrpc(text: string): string {
  return text.replace(/^(grpcs?|h2c?):/i, (scheme) => (/^(?:grpcs|h2):$/i.test(scheme) ? "https:" : "http:"));
}

/** Why a text cannot be a base address; undefined when it can. */
export function baseUrlProblem(text: string): string | undefined {
  const form = "expected a base address such as http://model.example:8080/prefix";
  if (text.length > maxUrlChars) return `${form}, of at most ${maxUrlChars} characters; found ${text.length}`;
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return `${form}; found ${shown(withoutPassword(text))}`;
  }
  if (url.protocol !== "http:" && url.protocol !== "https:")
    return `${form}, with http or https; found ${url.protocol}`;
  // The value itself is left out: it holds a secret.
  if (url.username !== "" || url.password !== "") return `${form}, without a user or password in it`;
  if (url.search !== "" || url.hash !== "") return `${form}, without '?' and '#'`;
  return undefined;
}

export function isBaseUrl(text: string): boolean {
  return baseUrlProblem(text) === undefined;
}

/** Whether a value is an object with named members. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The kind of a value, for messages: `a list`. */
export function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** A value as messages show it, shortened so that no message grows with its input. */
export function shown(value: unknown): string {
  // JSON has no word for infinities.
  const text = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** YAML reads 1234, 72225e2 and true as numbers and a boolean. */
function quotesHelp(value: unknown): string {
  return typeof value === "number" || typeof value === "boolean" ? "; put it in quotes" : "";
}

function hasControlCharacter(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}
