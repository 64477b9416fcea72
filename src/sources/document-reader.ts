import { type BackoffLimits, backoffMs } from "../base/backoff.ts";
import type { KnownEntries } from "./document-thread.ts";
import { type ReadDocument, readModelsDocument, type UnreadDocument } from "./models-document.ts";

/** A document of more characters than this is read in a thread of its own; one of less takes a few milliseconds. */
const maxCharsHere = 4 * 1024;

/** Reads the document of one source, again and again. One reading at a time. */
export type DocumentReader = (text: string, where: string) => Promise<ReadDocument>;

/** How long a document may take to be read, in milliseconds, where nobody says. */
const defaultTimeoutMs = 30_000;

/** After how long a document that was given up is read again. */
const defaultBackoff: BackoffLimits = { minMs: 5000, maxMs: 600_000 };

/**
 * Creates a reader, which holds up nobody, however large the document is, and gives up one that takes too long. Asked for
 * the same document again, it tries again after a while: the machine may have been busy with something else.
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
    // Only here, so that it is a file of its own in the bundle, and the thread reads little else.
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
