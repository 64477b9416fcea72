import type { LocatedEntry } from "../registry/ports.ts";
import { entryLocation, type ListProblem, problemLine, readModelsList } from "./models-list.ts";
import { repeatedJsonKeys } from "./repeated-json-keys.ts";

const variable = "KSERVE_MODEL_REGISTRY";

/**
 * Reads `KSERVE_MODEL_REGISTRY`, a JSON array of entries. Any problem refuses the whole, so that a rollout with a bad
 * registry stops with the old pods still serving; all problems are listed.
 */
export function readEnvironmentRegistry(
  json: string,
  defaultNamespace: string,
): { entries: readonly LocatedEntry[]; problems: readonly string[] } {
  let list: unknown;
  try {
    list = JSON.parse(json);
  } catch (error) {
    return { entries: [], problems: [`${variable}: not JSON: ${(error as Error).message}`] };
  }
  if (!Array.isArray(list)) {
    return {
      entries: [],
      problems: [`${variable}: expected a JSON array of entries, [{"name": ..., "service": ..., "type": ...}]`],
    };
  }
  const { entries, problems } = readModelsList(list, variable, defaultNamespace);
  const repeated = repeatedJsonKeys(json).map(({ index, field }): ListProblem => {
    return { location: entryLocation(variable, index, list[index]), field, message: "is written twice" };
  });
  return { entries, problems: [...repeated, ...problems].map(problemLine) };
}
