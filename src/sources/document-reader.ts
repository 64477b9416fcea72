import { type BackoffLimits, backoffMs } from "../base/backoff.ts";
import type { KnownEntries } from "./document-thread.ts";
import { type ReadDocument, readModelsDocument, type UnreadDocument } from "./models-document.ts";

/** Documents of more characters are read in a thread; one of this size takes a few milliseconds. */
const maxCharsHere = 4 * 1024;

/** Reads the document of one source repeatedly. One reading at a time. */
export type DocumentReader = (text: string, where: string) => Promise<ReadDocument>;

/** The default for how long reading a document may take, in milliseconds. */
const defaultTimeoutMs = 30_000;

/** After how long a document is read again whose reading was given up. */
const defaultBackoff: BackoffLimits = { minMs: 5000, maxMs: 600_000 };

/**
 * Creates a reader that does not hold up others, whatever the size of the document, and gives up one that takes too
 * long. Asked for the same document again, it retries after a while: the machine may have been busy.
 */
export function createDocumentReader(
  defaultNamespace: string,
  timeoutMs = defaultTimeoutMs,
  backoff = defaultBackoff,
): DocumentReader {
  let known: KnownEntries = new Map();
  let givenUp: { text: string; unread: UnreadDocument; failures: number; againAtMs: number } | undefined;
  return async (text, where) => {
    if (text.length <= maxCharsHere) return readModelsDocument(text, where, defaultNamespace);
    if (givenUp?.text !== text) givenUp = undefined;
    else if (performance.now() < givenUp.againAtMs) return givenUp.unread;
    // Imported only here, so that the bundle keeps it in a separate file and the thread loads little else.
    const { readInThread } = await import("./document-thread.ts");
    const read = await readInThread({ text, where, defaultNamespace }, known, timeoutMs);
    known = read.known;
    const { document } = read;
    if ("mayPass" in document) {
      const failures = (givenUp?.failures ?? 0) + 1;
      givenUp = { text, unread: document, failures, againAtMs: performance.now() + backoffMs(failures, backoff) };
    }
    return document;
  };
}
