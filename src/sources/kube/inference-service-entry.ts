import type { EntryProblem } from "../../base/field-reader.ts";
import { nearest } from "../../base/nearest.ts";
import { readYaml } from "../../documents/yaml/read-yaml.ts";
import type { KubeMetadata } from "../../kube/kube-object.ts";
import { predictorServiceOf } from "../../registry/address.ts";
import type { ModelEntry } from "../../registry/model.ts";
import { parseModelEntry } from "../../registry/model-entry.ts";

const prefix = "kserve-model-registry/";

/** The registered version that an InferenceService serves: `disk-failure-predictor/2`. */
export const versionAnnotation = `${prefix}version`;

/** The annotations that are meant for the registry. */
export function ownAnnotations(annotations: KubeMetadata["annotations"] = {}): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(annotations).filter(([key]) => key.startsWith(prefix)));
}

/** Annotations that are texts. */
const textFields = ["name", "type", "description", "model", "protocol", "timeout", "version"] as const;

/** Annotations that are lists, written as YAML, JSON, or names with commas between them. */
const listFields: Readonly<Record<string, string>> = { triggers: "triggers", features: "inputFeatures" };

/** An annotation is the owner's, and is read where predictions are: what takes the parser long is not for it. */
const maxListChars = 4096;
const maxListDepth = 8;
/** What takes the parser of YAML its time is each of these; JSON is read by V8, and may have as many as fit. */
const maxSeparators = 512;
const separators = /[[\]{},:?&*!|>\n-]/g;

const known: readonly string[] = [...textFields, ...Object.keys(listFields)];

/**
 * Reads the annotations of an InferenceService as an entry of a models list. All of them may be left out: the model is
 * then registered under the name of the InferenceService, without a type.
 */
export function entryFromInferenceService({
  name,
  namespace,
  annotations,
}: KubeMetadata): { entry: ModelEntry; problems: [] } | { entry: undefined; problems: EntryProblem[] } {
  // Its own address comes from its status; the Service of its predictor is where it is while there is none.
  const value: Record<string, unknown> = { name, namespace, model: name, service: predictorServiceOf(name) };
  const problems: EntryProblem[] = [];
  for (const [key, text] of Object.entries(ownAnnotations(annotations))) {
    const field = key.slice(prefix.length);
    if (textFields.some((one) => one === field)) {
      value[field] = text;
    } else if (listFields[field] !== undefined) {
      try {
        value[listFields[field]] = readList(text);
      } catch (error) {
        problems.push({
          field,
          message: `expected names with commas between them, or a list as YAML; ${firstLine(error)}`,
        });
      }
    } else {
      const meant = nearest(field, known);
      const help = meant === undefined ? `known are ${known.join(", ")}` : `did you mean ${prefix}${meant}?`;
      problems.push({ field: field.slice(0, 80), message: `unknown annotation; ${help}` });
    }
  }
  const typed = value.type !== undefined;
  // An entry of a list must have a type; who switches discovery on for all InferenceServices cannot give each one.
  const parsed = parseModelEntry(typed ? value : { ...value, type: "anomaly" }, namespace);
  const all = [...problems, ...parsed.problems].map(({ field, message }) => ({ field: annotationOf(field), message }));
  if (parsed.entry === undefined || all.length > 0) return { entry: undefined, problems: all };
  return { entry: typed ? parsed.entry : Object.freeze({ ...parsed.entry, type: undefined }), problems: [] };
}

function readList(text: string): unknown {
  if (!/^\s*[[-]/.test(text)) {
    return text
      .split(",")
      .map((item) => item.trim())
      .filter((item) => item !== "");
  }
  if (text.length > maxListChars)
    throw new Error(`found ${text.length} characters, and at most ${maxListChars} are read`);
  const json = listOfJson(text);
  if (json !== undefined) return json;
  const count = text.match(separators)?.length ?? 0;
  if (count > maxSeparators) {
    throw new Error(`found ${count} separators, and at most ${maxSeparators} are read as YAML; write it as JSON`);
  }
  const { documents, problems } = readYaml(text, maxListDepth);
  if (problems[0] !== undefined) throw new Error(problems[0].message);
  return documents[0]?.toJS({ maxAliasCount: 0 });
}

/** A list as JSON; undefined for anything else, of which YAML is to say what is wrong. */
function listOfJson(text: string): unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function annotationOf(field: string): string {
  const own = Object.keys(listFields).find((one) => field.startsWith(listFields[one]!));
  if (own !== undefined) return `${prefix}${own}${field.slice(listFields[own]!.length)}`;
  return field === "service" ? "metadata.name" : `${prefix}${field}`;
}

function firstLine(error: unknown): string {
  return (error as Error).message.split("\n", 1)[0]!;
}
