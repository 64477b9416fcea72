import { isRecord } from "../registry/field-reader.ts";
import { parseModelEntry } from "../registry/model-entry.ts";
import type { LocatedEntry, RefusedEntry, SourceSnapshot } from "../registry/ports.ts";
import { readYamlList, type YamlItem } from "./yaml-list.ts";

/** What a document holds, or why nothing of it can be read, in words. */
export type ReadDocument = { readonly snapshot: SourceSnapshot } | { readonly problem: string };

/** The largest document that is read, in bytes: what fits into a ConfigMap. */
export const maxDocumentBytes = 1024 ** 2;

/**
 * Reads a document `models: [...]`, as YAML or JSON; the list may also stand alone. A document that cannot be read at
 * all is a problem; a bad entry of one that can is refused, and the others are served.
 *
 * @param where the name of the document, for locations and messages
 */
export function readModelsDocument(text: string, where: string, defaultNamespace: string): ReadDocument {
  const bytes = Buffer.byteLength(text);
  if (bytes > maxDocumentBytes) return { problem: `${where}: ${tooLarge(bytes)}` };
  const list = readYamlList(text, "models");
  if ("problem" in list) return { problem: `${where}: ${list.problem}` };
  const entries: LocatedEntry[] = [];
  // What begins with x- is for anchors, as in other documents of this kind.
  const refused = list.otherKeys.filter((key) => !key.startsWith("x-")).map((key) => unknownKey(key, where));
  const lineOf = new Map<string, number>();
  for (const item of list.items) {
    const read = readItem(item, lineOf, where, defaultNamespace);
    if ("entry" in read) entries.push(read);
    else refused.push(read);
  }
  return { snapshot: { entries, refused } };
}

/** What is wrong with a document of this size, in words. */
export function tooLarge(bytes: number): string {
  return `has ${bytes} bytes; at most ${maxDocumentBytes} are read`;
}

function readItem(
  { line, value, problems: written }: YamlItem,
  lineOf: Map<string, number>,
  where: string,
  defaultNamespace: string,
): LocatedEntry | RefusedEntry {
  const name = nameOf(value);
  const { entry, problems } =
    written.length > 0 ? { entry: undefined, problems: written } : parseModelEntry(value, defaultNamespace);
  const first = lineOf.get(name ?? "");
  if (entry !== undefined && first === undefined) {
    lineOf.set(entry.name, line);
    // Without the line: an entry has not changed when something was written above it.
    return { entry, location: `${where} (${entry.name})` };
  }
  const twice = { field: "name", message: `used twice; line ${first} has it already, and names are unique` };
  return {
    name,
    location: `${where} line ${line}${name === undefined ? "" : ` (${name})`}`,
    problems: entry === undefined ? problems : [twice],
  };
}

function unknownKey(key: string, where: string): RefusedEntry {
  const message = "unknown key; known is models, and what begins with x- is left alone";
  return { name: undefined, location: where, problems: [{ field: key.slice(0, 80), message }] };
}

function nameOf(value: unknown): string | undefined {
  const name = isRecord(value) ? value.name : undefined;
  return typeof name === "string" && name.length <= 63 ? name : undefined;
}
