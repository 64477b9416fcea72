import type { ModelType } from "../registry/model.ts";
import { parseModelEntry } from "../registry/model-entry.ts";
import type { LocatedEntry } from "../registry/ports.ts";

/** The types of the two models that the variables were made for; of others it is unknown. */
const knownTypes: Readonly<Record<string, ModelType>> = {
  "anomaly-detector": "anomaly",
  "predictive-analytics": "predictive",
};

const serviceVariable = /^KSERVE_([A-Z0-9_]+)_SERVICE$/;

/**
 * Reads `KSERVE_<X>_SERVICE` (the service of model `x`, with dashes for underscores) and `KSERVE_<X>_MODEL` (its name
 * in the path, where it differs). Empty variables count as unset.
 */
export function readLegacyEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  defaultNamespace: string,
): { entries: readonly LocatedEntry[]; problems: readonly string[] } {
  const entries: LocatedEntry[] = [];
  const problems: string[] = [];
  for (const [variable, service] of Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const match = serviceVariable.exec(variable);
    if (match === null || service === undefined || service === "") continue;
    const name = match[1]!.toLowerCase().replaceAll("_", "-");
    const pathVariable = `KSERVE_${match[1]}_MODEL`;
    const fields: Record<string, string> = { name: variable, service: variable, model: pathVariable };
    const parsed = parseModelEntry(
      // The type is set below: an entry of a list must have one, a legacy model may not.
      { name, service, type: "anomaly", ...(env[pathVariable] ? { model: env[pathVariable] } : {}) },
      defaultNamespace,
    );
    for (const { field, message } of parsed.problems) problems.push(`${fields[field] ?? variable}: ${message}`);
    if (parsed.entry !== undefined) {
      entries.push({ entry: { ...parsed.entry, type: knownTypes[name] }, location: variable });
    }
  }
  return { entries, problems };
}
