import type { EntryProblem } from "../base/field-reader.ts";
import { parseModelEntry } from "../registry/model-entry.ts";
import type { LocatedEntry } from "../registry/ports.ts";

/** What is wrong with one entry of a list: where, which field, and what is expected. */
export interface ListProblem extends EntryProblem {
  /** `KSERVE_MODEL_REGISTRY[2] (disk-failure-predictor)`. */
  readonly location: string;
}

/**
 * Reads a list of entries, the shape that all documents share. Good entries are returned beside the problems of the
 * others: a source at start refuses the whole, a live one serves the rest.
 *
 * @param where the name of the document, such as `KSERVE_MODEL_REGISTRY`
 */
export function readModelsList(
  list: readonly unknown[],
  where: string,
  defaultNamespace: string,
): { entries: LocatedEntry[]; problems: ListProblem[] } {
  const entries: LocatedEntry[] = [];
  const problems: ListProblem[] = [];
  const firstOf = new Map<string, number>();
  for (const [i, value] of list.entries()) {
    const location = `${where}[${i}]`;
    const parsed = parseModelEntry(value, defaultNamespace);
    const named = entryLocation(where, i, value);
    for (const problem of parsed.problems) problems.push({ ...problem, location: named });
    if (parsed.entry === undefined) continue;
    const first = firstOf.get(parsed.entry.name);
    if (first !== undefined) {
      problems.push({
        location: named,
        field: "name",
        message: `used twice; ${where}[${first}] has it already, and names are unique`,
      });
      continue;
    }
    firstOf.set(parsed.entry.name, i);
    entries.push({ entry: parsed.entry, location });
  }
  return { entries, problems };
}

/** Where an entry stands in a list, with its name where it has one. */
export function entryLocation(where: string, index: number, value: unknown): string {
  const name = nameOf(value);
  return `${where}[${index}]${name === undefined ? "" : ` (${name})`}`;
}

/** One problem as a line: `KSERVE_MODEL_REGISTRY[2] (x): type: missing; expected ...`. */
export function problemLine(problem: ListProblem): string {
  return [problem.location, problem.field, problem.message].filter((part) => part !== "").join(": ");
}

function nameOf(value: unknown): string | undefined {
  const name = (value as { name?: unknown } | null | undefined)?.name;
  return typeof name === "string" && name.length <= 63 ? name : undefined;
}
