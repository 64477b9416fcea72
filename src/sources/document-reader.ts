import type { KnownEntries } from "./document-thread.ts";
import { type ReadDocument, readModelsDocument } from "./models-document.ts";

/** A document of more characters than this is read in a thread of its own; one of less takes a few milliseconds. */
const maxCharsHere = 4 * 1024;

/** Reads the document of one source, again and again. One reading at a time. */
export type DocumentReader = (text: string, where: string) => Promise<ReadDocument>;

/** How long a document may take to be read, in milliseconds, where nobody says. */
const defaultTimeoutMs = 30_000;

/** Creates a reader, which holds up nobody, however large the document is, and gives up one that takes too long. */
export function createDocumentReader(defaultNamespace: string, timeoutMs = defaultTimeoutMs): DocumentReader {
  let known: KnownEntries = new Map();
  return async (text, where) => {
    if (text.length <= maxCharsHere) return readModelsDocument(text, where, defaultNamespace);
    // Only here, so that it is a file of its own in the bundle, and the thread reads little else.
    const { readInThread } = await import("./document-thread.ts");
    const read = await readInThread({ text, where, defaultNamespace }, known, timeoutMs);
    known = read.known;
    return read.document;
  };
}
