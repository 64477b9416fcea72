import { maxDocumentBytes, tooLarge } from "../documents/yaml/document-size.ts";
import { startOf } from "../documents/yaml/node.ts";
import { locateIn } from "../documents/yaml/position.ts";
import { readYamlList } from "../documents/yaml/yaml-list.ts";
import type { RefusedEntry, SourceSnapshot } from "../registry/ports.ts";
import { type ListedItem, readEntries } from "./read-entries.ts";

/** What a document holds, or why nothing of it can be read, in words. */
export type ReadDocument = { readonly snapshot: SourceSnapshot } | UnreadDocument;

export interface UnreadDocument {
  readonly problem: string;
  /** Whether the same text may be read at another time: it was time or memory that did not suffice. */
  readonly mayPass?: true;
}

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
  const { entries, refused } = readEntries(
    list.items.map(({ node, value, problems }): ListedItem => {
      const at = `line ${locate(startOf(node)).line}`;
      return {
        value,
        problems,
        at,
        // Without the line: an entry has not changed when something was written above it.
        locate: (name) => `${where} (${name})`,
        locateProblem: (name) => `${where} ${at}${name === undefined ? "" : ` (${name})`}`,
      };
    }),
    defaultNamespace,
  );
  const beside = list.problems.map(({ field, message }): RefusedEntry => {
    return { name: undefined, location: where, problems: [{ field, message }] };
  });
  return { snapshot: { entries, refused: [...beside, ...refused] } };
}
