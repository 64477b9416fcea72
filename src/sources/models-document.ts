import { LineCounter, parseDocument } from "yaml";
import { isRecord, kindOf } from "../registry/field-reader.ts";
import type { RefusedEntry, SourceSnapshot } from "../registry/ports.ts";
import { type ListProblem, readModelsList } from "./models-list.ts";

/** What a document holds, or why nothing of it can be read, in words. */
export type ReadDocument = { readonly snapshot: SourceSnapshot } | { readonly problem: string };

/**
 * Reads a document `models: [...]`, as YAML or JSON. A document that cannot be read at all is a problem; a bad entry of
 * one that can is refused, and the others are served.
 *
 * @param where the name of the document, for locations and messages
 */
export function readModelsDocument(text: string, where: string, defaultNamespace: string): ReadDocument {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = lineCounter.linePos(error.pos[0]);
    return { problem: `${where}: line ${line}, column ${col}: ${error.message}` };
  }
  let value: unknown;
  try {
    // A few aliases are a habit; many of them are a bomb.
    value = document.toJS({ maxAliasCount: 100 });
  } catch (thrown) {
    return { problem: `${where}: ${(thrown as Error).message}` };
  }
  const list = isRecord(value) ? value.models : value;
  if (!Array.isArray(list)) {
    return { problem: `${where}: expected models: [...], a list of entries; found ${kindOf(list ?? value)}` };
  }
  const { entries, problems } = readModelsList(list, `${where} models`, defaultNamespace);
  return { snapshot: { entries, refused: refusedFrom(problems) } };
}

function refusedFrom(problems: readonly ListProblem[]): RefusedEntry[] {
  const byLocation = Map.groupBy(problems, ({ location }) => location);
  return [...byLocation].map(([location, found]) => ({
    name: /\((.+)\)$/.exec(location)?.[1],
    location,
    problems: found.map(({ field, message }) => ({ field, message })),
  }));
}
