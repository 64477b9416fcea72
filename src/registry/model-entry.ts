import { formatDuration, parseDurationMs } from "./duration.ts";
import {
  type InputFeature,
  type ModelEntry,
  type ModelType,
  modelTypes,
  type OutputFormat,
  type RemediationAction,
  type Trigger,
} from "./model.ts";
import { nearest } from "./nearest.ts";

/** What is wrong with one field of an entry: its path within the entry, and what is wrong and expected. */
export interface EntryProblem {
  readonly field: string;
  readonly message: string;
}

/** The limits of an entry, stated in the messages and in `docs/CONFIGURATION.md`. */
export const entryLimits = {
  descriptionChars: 4096,
  timeoutMs: { min: 1000, max: 600_000 },
  listItems: 1024,
  textChars: 253,
} as const;

const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const dnsLabelForm = "a DNS label: 1 to 63 of a-z, 0-9 and '-', starting and ending with a letter or digit";

/** Whether a text is a DNS label (RFC 1123), the form of model, service and namespace names. */
export function isDnsLabel(text: string): boolean {
  return dnsLabel.test(text);
}

const fields = [
  "name",
  "service",
  "namespace",
  "type",
  "description",
  "url",
  "port",
  "model",
  "timeout",
  "forwardAuthorization",
  "triggers",
  "inputFeatures",
  "outputFormat",
  "remediationActions",
] as const;

/**
 * Reads one entry of a models list, the shape that every source shares. All problems are reported together; the entry
 * is there only when there are none.
 */
export function parseModelEntry(
  value: unknown,
  defaultNamespace: string,
): { entry: ModelEntry; problems: [] } | { entry: undefined; problems: EntryProblem[] } {
  if (!isRecord(value)) {
    return { entry: undefined, problems: [{ field: "", message: `expected an object, found ${kindOf(value)}` }] };
  }
  const reader = new FieldReader(value);
  reader.refuseUnknown(fields);
  const name = reader.label("name", { required: true });
  const url = reader.url("url");
  const service = reader.label("service", { required: value.url === undefined });
  const port = reader.port("port");
  if (port !== undefined && url !== undefined) {
    reader.problem("port", "not together with url; write the port into the url");
  }
  const entry: ModelEntry = {
    name: name ?? "",
    service: service ?? "",
    namespace: reader.label("namespace", { required: false }) ?? defaultNamespace,
    type: reader.type("type"),
    description: reader.text("description", { maxChars: entryLimits.descriptionChars }) ?? "",
    url,
    port,
    model: reader.pathName("model") ?? name ?? "",
    timeoutMs: reader.timeout("timeout"),
    forwardAuthorization: reader.boolean("forwardAuthorization") ?? false,
    triggers: reader.list("triggers", readTrigger),
    inputFeatures: reader.inputFeatures("inputFeatures"),
    outputFormat: reader.outputFormat("outputFormat"),
    remediationActions: reader.list("remediationActions", readRemediationAction),
  };
  return reader.problems.length === 0
    ? { entry: Object.freeze(entry), problems: [] }
    : { entry: undefined, problems: reader.problems };
}

/** Reads the fields of one object and collects what is wrong with them. */
class FieldReader {
  readonly problems: EntryProblem[] = [];
  readonly #value: Record<string, unknown>;
  readonly #path: string;

  constructor(value: Record<string, unknown>, path = "") {
    this.#value = value;
    this.#path = path;
  }

  problem(field: string, message: string): void {
    this.problems.push({ field: this.#path + field, message });
  }

  refuseUnknown(known: readonly string[]): void {
    for (const key of Object.keys(this.#value)) {
      if (!known.includes(key)) {
        const meant = nearest(key, known);
        this.problem(key, `unknown field; ${meant ? `did you mean ${meant}?` : `known are ${known.join(", ")}`}`);
      }
    }
  }

  text(field: string, options: { required?: boolean; maxChars?: number } = {}): string | undefined {
    const value = this.#value[field];
    const maxChars = options.maxChars ?? entryLimits.textChars;
    if (value === undefined || value === null || (value === "" && !options.required)) {
      if (options.required) this.problem(field, "missing; expected a text");
      return undefined;
    }
    if (typeof value !== "string" || value === "") {
      this.problem(field, `expected a text, found ${kindOf(value)}`);
      return undefined;
    }
    if (value.length > maxChars) {
      this.problem(field, `expected at most ${maxChars} characters, found ${value.length}`);
      return undefined;
    }
    return value;
  }

  label(field: string, options: { required: boolean }): string | undefined {
    const value = this.#value[field];
    if (value === undefined || value === null || (value === "" && !options.required)) {
      if (options.required) this.problem(field, `missing; expected ${dnsLabelForm}`);
      return undefined;
    }
    if (typeof value === "string" && isDnsLabel(value)) return value;
    this.problem(field, `expected ${dnsLabelForm}; found ${shown(value)}`);
    return undefined;
  }

  type(field: string): ModelType | undefined {
    const value = this.#value[field];
    if (modelTypes.includes(value as ModelType)) return value as ModelType;
    const expected = `expected ${modelTypes.slice(0, -1).join(", ")} or ${modelTypes.at(-1)}`;
    this.problem(field, value === undefined ? `missing; ${expected}` : `${expected}; found ${shown(value)}`);
    return undefined;
  }

  url(field: string): string | undefined {
    const text = this.text(field, { maxChars: 2048 });
    if (text === undefined) return undefined;
    const problem = baseUrlProblem(text);
    if (problem !== undefined) {
      this.problem(field, problem);
      return undefined;
    }
    return text.replace(/\/+$/, "");
  }

  port(field: string): number | undefined {
    const value = this.#value[field];
    if (value === undefined || value === null) return undefined;
    if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 65_535) return value;
    this.problem(field, `expected a whole number from 1 to 65535; found ${shown(value)}`);
    return undefined;
  }

  pathName(field: string): string | undefined {
    const text = this.text(field);
    // A percent-encoded slash is refused by KServe's router, so such a model could never be called.
    if (text !== undefined && (/[/\\%?#]/.test(text) || hasControlCharacter(text))) {
      this.problem(
        field,
        `expected a name without '/', '\\', '%', '?', '#' and control characters; found ${shown(text)}`,
      );
      return undefined;
    }
    return text;
  }

  timeout(field: string): number | undefined {
    const value = this.#value[field];
    if (value === undefined || value === null) return undefined;
    const ms = typeof value === "string" ? parseDurationMs(value) : undefined;
    const { min, max } = entryLimits.timeoutMs;
    if (ms !== undefined && ms >= min && ms <= max) return ms;
    const range = `${formatDuration(min)} to ${formatDuration(max)}`;
    this.problem(field, `expected a duration such as 30s, from ${range}; found ${shown(value)}`);
    return undefined;
  }

  boolean(field: string): boolean | undefined {
    const value = this.#value[field];
    if (value === undefined || value === null || typeof value === "boolean") return value ?? undefined;
    this.problem(field, `expected true or false; found ${shown(value)}`);
    return undefined;
  }

  number(field: string): number | undefined {
    const value = this.#value[field];
    if (value === undefined || value === null) return undefined;
    if (typeof value === "number" && Number.isFinite(value)) return value;
    this.problem(field, `expected a number; found ${shown(value)}`);
    return undefined;
  }

  list<T>(field: string, read: (value: unknown, reader: FieldReader) => T | undefined): readonly T[] {
    const value = this.#value[field];
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value) || value.length > entryLimits.listItems) {
      const found = Array.isArray(value) ? `${value.length}` : kindOf(value);
      this.problem(field, `expected a list of at most ${entryLimits.listItems}, found ${found}`);
      return [];
    }
    const items: T[] = [];
    value.forEach((item: unknown, i) => {
      const reader = new FieldReader(isRecord(item) ? item : {}, `${this.#path}${field}[${i}].`);
      const read_ = read(item, reader);
      for (const problem of reader.problems) {
        this.problems.push({ field: problem.field.replace(/\.$/, ""), message: problem.message });
      }
      if (read_ !== undefined) items.push(read_);
    });
    return items;
  }

  inputFeatures(field: string): readonly InputFeature[] {
    const features = this.list(field, readInputFeature);
    const seen = new Set<string>();
    for (const [i, { name }] of features.entries()) {
      if (seen.has(name)) this.problem(`${field}[${i}]`, `the name ${shown(name)} is used twice`);
      seen.add(name);
    }
    return features;
  }

  outputFormat(field: string): OutputFormat | undefined {
    const value = this.#value[field];
    if (value === undefined || value === null) return undefined;
    if (!isRecord(value)) {
      this.problem(field, `expected an object {field, threshold}, found ${kindOf(value)}`);
      return undefined;
    }
    const reader = new FieldReader(value, `${this.#path}${field}.`);
    reader.refuseUnknown(["field", "threshold"]);
    const format = withoutUndefined({ field: reader.text("field"), threshold: reader.number("threshold") });
    this.problems.push(...reader.problems);
    return format;
  }
}

function readTrigger(value: unknown, reader: FieldReader): Trigger | undefined {
  if (typeof value === "string" && value !== "" && value.length <= entryLimits.textChars) return { name: value };
  if (!isRecord(value)) {
    reader.problem("", `expected a name or an object {type, metric, threshold}; found ${shown(value)}`);
    return undefined;
  }
  reader.refuseUnknown(["type", "metric", "threshold"]);
  return withoutUndefined({
    type: reader.text("type", { required: true }),
    metric: reader.text("metric"),
    threshold: reader.number("threshold"),
  });
}

function readInputFeature(value: unknown, reader: FieldReader): InputFeature | undefined {
  if (typeof value === "string" && value !== "" && value.length <= entryLimits.textChars) return { name: value };
  if (!isRecord(value)) {
    reader.problem("", `expected a name or an object {name}; found ${shown(value)}`);
    return undefined;
  }
  reader.refuseUnknown(["name"]);
  const name = reader.text("name", { required: true });
  return name === undefined ? undefined : { name };
}

function readRemediationAction(value: unknown, reader: FieldReader): RemediationAction | undefined {
  if (!isRecord(value)) {
    reader.problem("", `expected an object {type, severity, target, ...}; found ${shown(value)}`);
    return undefined;
  }
  const type = reader.text("type", { required: true });
  reader.text("severity");
  reader.text("target");
  return type === undefined ? undefined : { ...value, type };
}

/** What keeps a text from being a base address, in words; undefined when nothing does. */
export function baseUrlProblem(text: string): string | undefined {
  const form = "expected a base address such as http://model.example:8080/prefix";
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return `${form}; found ${shown(text)}`;
  }
  if (url.protocol !== "http:" && url.protocol !== "https:")
    return `${form}, with http or https; found ${url.protocol}`;
  // The value itself is left out: it holds a secret.
  if (url.username !== "" || url.password !== "") return `${form}, without a user or password in it`;
  if (url.search !== "" || url.hash !== "") return `${form}, without '?' and '#'`;
  return undefined;
}

function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as never;
}

function hasControlCharacter(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** A value as a message shows it, cut so that no message grows with its input. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
