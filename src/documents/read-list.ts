import { type Document, isSeq, type Node } from "yaml";
import type { FileReading } from "./models-file.ts";
import type { Locate } from "./position.ts";
import { writtenModel } from "./written-model.ts";
import { startOf } from "./yaml-documents.ts";

/** The text that a node was read from. */
export interface Origin {
  readonly document: Document;
  readonly locate: Locate;
}

/**
 * Reads a list of entries.
 *
 * @param where what stands before the index in messages: `models`; empty for a list that is the whole text
 */
export function readList(list: Node | null | undefined, where: string, origin: Origin): FileReading {
  if (!isSeq(list)) {
    const position = origin.locate(startOf(list));
    const message = `${where === "" ? "" : `${where}: `}expected a list of models, [{name, service, type}, ...]`;
    return { models: [], settings: {}, problems: [{ position, severity: "error", message }] };
  }
  // A comment above the first entry stands at the list, where it would be lost.
  const [first] = list.items as (Node | null)[];
  if (first) first.commentBefore ??= list.commentBefore ?? null;
  const models = list.items.map((item, i) => writtenModel(item as Node, { where: `${where}[${i}]`, ...origin }));
  return { models, settings: {}, problems: [] };
}
