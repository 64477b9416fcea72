import { type EntryProblem, isRecord } from "../base/field-reader.ts";
import { predictorServiceOf } from "../registry/address.ts";
import { type ParsedEntry, parseModelEntry } from "../registry/model-entry.ts";

/** Fields of `spec` that an entry of a models list has under another name. */
export const registrationFields: Readonly<Record<string, string>> = {
  modelType: "type",
  kserveInferenceService: "service",
  featureDeclarations: "inputFeatures",
};

/**
 * Reads the `spec` of a ModelRegistration as an entry of a models list, with the rules of every list: the schema of the
 * resource enforces most of them, but the object may be older than the schema.
 *
 * @param namespace the namespace of the object, where `spec` names none
 */
export function entryFromRegistration(name: string, namespace: string, spec: unknown): ParsedEntry {
  if (!isRecord(spec)) {
    return { entry: undefined, problems: [{ field: "spec", message: "missing; expected an object" }] };
  }
  const { modelType, kserveInferenceService, featureDeclarations, ...shared } = spec;
  const value: Record<string, unknown> = { ...shared, name, type: modelType };
  const problems: EntryProblem[] = [];
  const targets = ["kserveInferenceService", "service", "url"].filter((field) => spec[field]);
  if (targets.length !== 1) {
    const found = targets.length === 0 ? "none of them" : targets.join(" and ");
    problems.push({
      field: "spec.kserveInferenceService",
      message: `expected exactly one of kserveInferenceService, service and url; found ${found}`,
    });
  }
  for (const field of ["name", "type"].filter((one) => one in shared)) {
    const meant = field === "name" ? "metadata.name is the name of the model" : "did you mean modelType?";
    problems.push({ field: `spec.${field}`, message: `unknown field; ${meant}` });
  }
  if (typeof kserveInferenceService === "string" && kserveInferenceService !== "") {
    // The registry identifies the InferenceService by its predictor's Service, which is also called where no
    // InferenceService can be seen. KServe serves a model under the name of its InferenceService.
    value.service = predictorServiceOf(kserveInferenceService);
    value.model ??= kserveInferenceService;
  } else if (kserveInferenceService !== undefined) {
    value.service = kserveInferenceService;
  }
  if (featureDeclarations !== undefined) {
    value.inputFeatures = withDeclarations(spec.inputFeatures, featureDeclarations, problems);
  }
  if (Array.isArray(spec.triggers)) value.triggers = spec.triggers.map(bareTrigger);
  const parsed = parseModelEntry(value, namespace);
  for (const { field, message } of parsed.problems) {
    // A missing or repeated target is reported above.
    if (targets.length !== 1 && field === "service") continue;
    problems.push({ field: specField(field, spec), message });
  }
  return parsed.entry !== undefined && problems.length === 0
    ? { entry: parsed.entry, problems: [] }
    : { entry: undefined, problems };
}

/** The features in the order of `inputFeatures`, each with what `featureDeclarations` says of it. */
function withDeclarations(names: unknown, declarations: unknown, problems: EntryProblem[]): unknown {
  if (!Array.isArray(declarations)) return declarations;
  if (!Array.isArray(names)) {
    problems.push({
      field: "spec.featureDeclarations",
      message: "needs inputFeatures, whose names and order it describes",
    });
    return names;
  }
  const byName = new Map(
    declarations.map((declaration, i) => [isRecord(declaration) ? declaration.name : i, declaration]),
  );
  for (const [i, declaration] of declarations.entries()) {
    const name = isRecord(declaration) ? declaration.name : undefined;
    if (names.includes(name)) continue;
    problems.push({
      field: `spec.featureDeclarations[${i}].name`,
      message: "expected one of the names in inputFeatures",
    });
  }
  return names.map((name) => byName.get(name) ?? name);
}

/** The schema has no bare names: a trigger with only a type is one. */
function bareTrigger(trigger: unknown): unknown {
  if (!isRecord(trigger) || Object.keys(trigger).length > 1 || trigger.type === "metric-threshold") return trigger;
  return trigger.type;
}

/** The field of `spec` that a field of an entry was made from. */
function specField(field: string, spec: Readonly<Record<string, unknown>>): string {
  if (field === "name") return "metadata.name";
  const [, first, rest] = /^([^.[]*)(.*)$/s.exec(field)!;
  const own = Object.keys(registrationFields).find(
    (one) => registrationFields[one] === first && spec[one] !== undefined,
  );
  return `spec.${own ?? (first === "type" ? "modelType" : first)}${rest}`;
}
