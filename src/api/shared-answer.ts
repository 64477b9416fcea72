import { whenNotBusy } from "../base/yield-if-busy.ts";
import { connectionOf, type HttpResponse } from "./http.ts";

/** The content of an answer. */
export interface AnswerContent {
  readonly contentType: string;
  readonly body: Uint8Array;
}

/** One content that several callers get. */
interface Version {
  readonly content: Promise<AnswerContent>;
  readonly madeMs: number;
  /** How many have not taken it yet. */
  readers: number;
}

/** How long a content may be given to others while its first caller is still reading it, in milliseconds. */
const maxAgeMs = 1000;

/** How many contents may be under way at once. Beyond that, everybody gets the latest, however old it is. */
const maxVersions = 4;

const shared = new WeakSet<Uint8Array>();

/** Whether these bytes are those of everybody who asked, so that a caller that does not take them costs nothing more. */
export function isShared(bytes: unknown): boolean {
  return bytes instanceof Uint8Array && shared.has(bytes);
}

/** Bytes that are the same for everybody and for good. */
export function sharedBytes(bytes: Uint8Array): Uint8Array {
  shared.add(bytes);
  return bytes;
}

/**
 * Content that is shared by all who ask for it at about the same time. A caller that asks alone gets a fresh one. While
 * others are still reading theirs, new callers get the same: thousands who ask and do not read share a few.
 */
export function createSharedAnswer(
  make: () => Promise<AnswerContent>,
): (response: HttpResponse) => Promise<AnswerContent> {
  const versions = new Set<Version>();
  let latest: Version | undefined;
  const current = (): Version => {
    if (latest !== undefined && versions.has(latest)) {
      if (versions.size >= maxVersions || performance.now() - latest.madeMs < maxAgeMs) return latest;
    }
    latest = { content: make(), madeMs: performance.now(), readers: 0 };
    versions.add(latest);
    return latest;
  };
  return async (response) => {
    const version = current();
    version.readers++;
    response.once("close", () => {
      version.readers--;
      if (version.readers === 0) versions.delete(version);
    });
    const content = await version.content;
    sharedBytes(content.body);
    // All who share it would continue at the same moment, and over TLS it is encrypted for each of them.
    await whenNotBusy(connectionOf(response.req, response));
    return content;
  };
}
