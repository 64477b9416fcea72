import type { EntryProblem } from "../../base/field-reader.ts";
import { nearest } from "../../base/nearest.ts";
import type { KubeMetadata } from "../../kube/kube-object.ts";
import { predictorServiceOf } from "../../registry/address.ts";
import { type ParsedEntry, parseModelEntry } from "../../registry/model-entry.ts";
import { type AnnotationList, readShortList } from "./annotation-list.ts";

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

const known: readonly string[] = [...textFields, ...Object.keys(listFields)];

/** The lists among annotations that have to be read in the thread, as text. */
export function longListsOf(annotations: KubeMetadata["annotations"]): readonly string[] {
  return Object.entries(ownAnnotations(annotations)).flatMap(([key, text]) =>
    listFields[key.slice(prefix.length)] !== undefined && readShortList(text) === undefined ? [text] : [],
  );
}

/**
 * Reads the annotations of an InferenceService as an entry of a models list. All of them may be left out: the model is
 * then registered under the name of the InferenceService, without a type.
 *
 * @param longLists what `longListsOf` gives, read
 */
export function entryFromInferenceService(
  { name, namespace, annotations }: Pick<KubeMetadata, "name" | "namespace" | "annotations">,
  longLists: ReadonlyMap<string, AnnotationList>,
): ParsedEntry {
  // Its address comes from its status; until there is one, the Service of its predictor is called.
  const value: Record<string, unknown> = { name, namespace, model: name, service: predictorServiceOf(name) };
  const problems: EntryProblem[] = [];
  for (const [key, text] of Object.entries(ownAnnotations(annotations))) {
    const field = key.slice(prefix.length);
    if (textFields.some((one) => one === field)) {
      value[field] = text;
    } else if (listFields[field] !== undefined) {
      const list = readShortList(text) ?? longLists.get(text)!;
      if ("value" in list) value[listFields[field]] = list.value;
      else {
        const message = `expected comma-separated names, or a YAML list; ${list.problem}`;
        problems.push({ field, message });
      }
    } else {
      const meant = nearest(field, known);
      const help = meant === undefined ? `known are ${known.join(", ")}` : `did you mean ${prefix}${meant}?`;
      problems.push({ field: field.slice(0, 80), message: `unknown annotation; ${help}` });
    }
  }
  const typed = value.type !== undefined;
  // An entry of a list needs a type, but whoever registers all InferenceServices by discovery cannot set one for each.
  const parsed = parseModelEntry(typed ? value : { ...value, type: "anomaly" }, namespace);
  const all = [...problems, ...parsed.problems].map(({ field, message }) => ({ field: annotationOf(field), message }));
  if (parsed.entry === undefined || all.length > 0) return { entry: undefined, problems: all };
  return { entry: typed ? parsed.entry : Object.freeze({ ...parsed.entry, type: undefined }), problems: [] };
}

function annotationOf(field: string): string {
  const own = Object.keys(listFields).find((one) => field.startsWith(listFields[one]!));
  if (own !== undefined) return `${prefix}${own}${field.slice(listFields[own]!.length)}`;
  return field === "service" ? "metadata.name" : `${prefix}${field}`;
}
