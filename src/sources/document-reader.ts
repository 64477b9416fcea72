import type { KnownEntries } from "./document-thread.ts";
import { type ReadDocument, readModelsDocument } from "./models-document.ts";

/** A document of more characters than this is read in a thread of its own; one of less takes a few milliseconds. */
const maxCharsHere = 16 * 1024;

/** Reads the document of one source, again and again. One reading at a time. */
export type DocumentReader = (text: string, where: string) => Promise<ReadDocument>;

/** Creates a reader, which holds up nobody, however large the document is. */
export function createDocumentReader(defaultNamespace: string): DocumentReader {
  let known: KnownEntries = new Map();
  return async (text, where) => {
    if (text.length <= maxCharsHere) return readModelsDocument(text, where, defaultNamespace);
    // Only here, so that it is a file of its own in the bundle, and the thread reads little else.
    const { readInThread } = await import("./document-thread.ts");
    const read = await readInThread(text, where, defaultNamespace, known);
    known = read.known;
    return read.document;
  };
}
