import { type EntryProblem, isRecord } from "../base/field-reader.ts";
import { parseModelEntry } from "../registry/model-entry.ts";
import type { LocatedEntry, RefusedEntry } from "../registry/ports.ts";

/** One item of a list of entries. */
export interface ListedItem {
  readonly value: unknown;
  /** What is wrong with how it is written. What it says is not looked at then. */
  readonly problems: readonly EntryProblem[];
  /** Where it stands, for messages about others: `line 3`, `KSERVE_MODEL_REGISTRY[2]`. */
  readonly at: string;
  /** The location of the entry, by its name; a namesake behind it in the list has its namespace with it. */
  readonly locate: (name: string) => string;
  /** The location of what is wrong with it; undefined without a name that can be read. */
  readonly locateProblem: (name: string | undefined) => string;
}

/**
 * Reads a list of entries, the form that all documents share. Valid entries are returned next to the problems of the
 * others: a source at startup refuses the whole list, a live one serves the rest.
 */
export function readEntries(
  items: readonly ListedItem[],
  defaultNamespace: string,
): { entries: LocatedEntry[]; refused: RefusedEntry[] } {
  const entries: LocatedEntry[] = [];
  const refused: RefusedEntry[] = [];
  const places = new Map<string, string>();
  const names = new Set<string>();
  for (const { value, problems, at, locate, locateProblem } of items) {
    const name = nameOf(value);
    const refuse = (found: readonly EntryProblem[]): void => {
      refused.push({ name, location: locateProblem(name), problems: found });
    };
    if (problems.length > 0) {
      refuse(problems.map(({ field, message }) => ({ field, message })));
      continue;
    }
    const { entry, problems: wrong } = parseModelEntry(value, defaultNamespace);
    if (entry === undefined) {
      refuse(wrong);
      continue;
    }
    const fullName = `${entry.namespace}/${entry.name}`;
    const first = places.get(fullName);
    if (first !== undefined) {
      const message = `used twice; ${first} has it already, and names are unique within a namespace`;
      refuse([{ field: "name", message }]);
      continue;
    }
    places.set(fullName, at);
    entries.push({ entry, location: locate(names.has(entry.name) ? fullName : entry.name) });
    names.add(entry.name);
  }
  return { entries, refused };
}

/** The name of an item, where one can be read. */
export function nameOf(value: unknown): string | undefined {
  const name = isRecord(value) ? value.name : undefined;
  return typeof name === "string" && name.length <= 63 ? name : undefined;
}
