import { legacyVariable } from "../registry/legacy-services.ts";
import { parseModelEntry } from "../registry/model-entry.ts";
import type { LocatedEntry } from "../registry/ports.ts";

/**
 * Reads `KSERVE_<X>_SERVICE` (the service of model `x`, with dashes for underscores) and `KSERVE_<X>_MODEL` (its name
 * in the path, where it differs), and `KSERVE_<X>_PROTOCOL`. Empty variables count as unset.
 */
export function readLegacyEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  defaultNamespace: string,
): { entries: readonly LocatedEntry[]; problems: readonly string[] } {
  const entries: LocatedEntry[] = [];
  const problems: string[] = [];
  for (const [variable, service] of Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const legacy = legacyVariable(variable);
    if (legacy === undefined || service === undefined || service === "") continue;
    const { name, type, pathVariable, protocolVariable } = legacy;
    const fields: Record<string, string> = {
      name: variable,
      service: variable,
      model: pathVariable,
      protocol: protocolVariable,
    };
    const parsed = parseModelEntry(
      // The type is set below: an entry of a list must have one, a legacy model may not.
      {
        name,
        service,
        type: "anomaly",
        model: env[pathVariable] || undefined,
        protocol: env[protocolVariable] || undefined,
      },
      defaultNamespace,
    );
    for (const { field, message } of parsed.problems) problems.push(`${fields[field] ?? variable}: ${message}`);
    if (parsed.entry !== undefined) {
      entries.push({ entry: { ...parsed.entry, type }, location: variable });
    }
  }
  return { entries, problems };
}
