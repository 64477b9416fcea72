import { isRecord } from "../base/field-reader.ts";
import { maxDocumentBytes, tooLarge } from "../documents/yaml/document-size.ts";
import { startOf } from "../documents/yaml/node.ts";
import { type Locate, locateIn } from "../documents/yaml/position.ts";
import type { YamlItem } from "../documents/yaml/yaml-item.ts";
import { readYamlList } from "../documents/yaml/yaml-list.ts";
import { parseModelEntry } from "../registry/model-entry.ts";
import type { LocatedEntry, RefusedEntry, SourceSnapshot } from "../registry/ports.ts";

/** What a document holds, or why nothing of it can be read, in words. */
export type ReadDocument = { readonly snapshot: SourceSnapshot } | { readonly problem: string };

/**
 * Reads a document `models: [...]`, as YAML or JSON; the list may also stand alone. A document that cannot be read at
 * all is a problem; a bad entry of one that can is refused, and the others are served.
 *
 * @param where the name of the document, for locations and messages
 */
export function readModelsDocument(text: string, where: string, defaultNamespace: string): ReadDocument {
  const bytes = Buffer.byteLength(text);
  if (bytes > maxDocumentBytes) return { problem: `${where}: ${tooLarge(bytes)}` };
  const locate = locateIn(text);
  const list = readYamlList(text, "models");
  if ("problem" in list) {
    const { line, column } = locate(list.problem.offset);
    return { problem: `${where}: line ${line}, column ${column}: ${list.problem.message}` };
  }
  const entries: LocatedEntry[] = [];
  const refused = list.problems.map(({ field, message }): RefusedEntry => {
    return { name: undefined, location: where, problems: [{ field, message }] };
  });
  const lineOf = new Map<string, number>();
  for (const item of list.items) {
    const read = readItem(item, lineOf, locate, where, defaultNamespace);
    if ("entry" in read) entries.push(read);
    else refused.push(read);
  }
  return { snapshot: { entries, refused } };
}

function readItem(
  { node, value, problems: written }: YamlItem,
  lineOf: Map<string, number>,
  locate: Locate,
  where: string,
  defaultNamespace: string,
): LocatedEntry | RefusedEntry {
  const { line } = locate(startOf(node));
  const name = nameOf(value);
  const { entry, problems } =
    written.length > 0
      ? { entry: undefined, problems: written.map(({ field, message }) => ({ field, message })) }
      : parseModelEntry(value, defaultNamespace);
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

function nameOf(value: unknown): string | undefined {
  const name = isRecord(value) ? value.name : undefined;
  return typeof name === "string" && name.length <= 63 ? name : undefined;
}
