import type { HttpResponse } from "./http.ts";

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

/** So long a content is good for others who ask while it is on its way, in milliseconds. */
const maxAgeMs = 1000;

/** So many of them may be on their way at once. Beyond, everybody gets the latest, whatever its age. */
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
 * Content that is the same for everybody who asks at about the same time. Who asks alone gets it fresh. While others have
 * not taken theirs, theirs is given: thousands who ask and do not read share a few.
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
    return content;
  };
}
