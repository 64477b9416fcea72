import type { EntryProblem } from "../base/field-reader.ts";
import { repeatedJsonKeys } from "../base/repeated-json-keys.ts";
import type { LocatedEntry } from "../registry/ports.ts";
import { type ListedItem, nameOf, readEntries } from "./read-entries.ts";

const variable = "KSERVE_MODEL_REGISTRY";

/**
 * Reads `KSERVE_MODEL_REGISTRY`, a JSON array of entries. Any problem refuses all of it, so that a rollout with an
 * invalid registry stops while the old pods still serve; all problems are listed.
 */
export function readEnvironmentRegistry(
  json: string,
  defaultNamespace: string,
): { entries: readonly LocatedEntry[]; problems: readonly string[] } {
  let list: unknown;
  try {
    list = JSON.parse(json);
  } catch (error) {
    const why = writtenWrong(json) ?? (error as Error).message;
    return { entries: [], problems: [`${variable}: not JSON: ${why}`] };
  }
  if (typeof list === "string") {
    const why = "the whole value is in quotes, or was encoded twice; remove the outer quotes and the backslashes";
    return { entries: [], problems: [`${variable}: ${why}`] };
  }
  if (!Array.isArray(list)) {
    return {
      entries: [],
      problems: [`${variable}: expected a JSON array of entries, [{"name": ..., "service": ..., "type": ...}]`],
    };
  }
  const locateProblem = (index: number, name: string | undefined): string =>
    `${variable}[${index}]${name === undefined ? "" : ` (${name})`}`;
  const items = list.map((value: unknown, i): ListedItem => {
    const at = `${variable}[${i}]`;
    return { value, problems: [], at, locate: () => at, locateProblem: (name) => locateProblem(i, name) };
  });
  const { entries, refused } = readEntries(items, defaultNamespace);
  const repeated = [...repeatedJsonKeys(json)].map(([index, ...path]) =>
    problemLine(locateProblem(Number(index), nameOf(list[Number(index)])), {
      field: fieldOf(path),
      message: "is repeated",
    }),
  );
  const problems = refused.flatMap(({ location, problems: wrong }) => wrong.map((one) => problemLine(location, one)));
  return { entries, problems: [...repeated, ...problems] };
}

/** A path within an entry as text: `inputFeatures[2].min`. */
function fieldOf(path: readonly (string | number)[]): string {
  return path
    .map((step) => (typeof step === "number" ? `[${step}]` : `.${step.slice(0, 80)}`))
    .join("")
    .replace(/^\./, "");
}

/** One problem as a line: `KSERVE_MODEL_REGISTRY[2] (x): type: missing; expected ...`. */
function problemLine(location: string, { field, message }: EntryProblem): string {
  return [location, field, message].filter((part) => part !== "").join(": ");
}

/** The likely mistake in a text that is nearly JSON; undefined where it is not clear. */
function writtenWrong(text: string): string | undefined {
  if (text.startsWith("\ufeff")) return "begins with a byte order mark; save it as UTF-8 without one";
  const [first] = text.trim();
  return first === "'" || first === '"' || first === "`"
    ? `the whole value is in quotes, ${first}; remove them: env files and manifests have their own quoting`
    : undefined;
}
