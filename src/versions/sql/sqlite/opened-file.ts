import { statSync } from "node:fs";
import { VersionsError } from "../../versions-error.ts";

/** After so long, in milliseconds, reads look again whether the file is still there. */
const lookAgainMs = 250;
const retryAfterMs = 1000;

/**
 * The file of a database that is open. SQLite goes on with a file that has been removed or replaced: what it
 * acknowledges then is lost when the process ends.
 */
export class OpenedFile {
  readonly #path: string;
  readonly #id: string | undefined;
  #lookedAtMs = Number.NEGATIVE_INFINITY;

  /** @param path that of the file, or `:memory:` */
  constructor(path: string) {
    this.#path = path;
    this.#id = path === ":memory:" ? undefined : fileId(path);
  }

  /**
   * Throws unless the path still leads to the file that was opened, and it has content.
   *
   * @param isWrite whether it matters at this moment; reads look from time to time
   * @throws VersionsError DATABASE_UNAVAILABLE
   */
  assertThere(isWrite: boolean): void {
    if (this.#id === undefined) return;
    const nowMs = performance.now();
    if (!isWrite && nowMs - this.#lookedAtMs < lookAgainMs) return;
    if (fileId(this.#path) !== this.#id) {
      const message =
        "the file of the database was removed, replaced or emptied; put it back, or start the server again";
      throw new VersionsError("DATABASE_UNAVAILABLE", message, { why: "away", retryAfterMs });
    }
    this.#lookedAtMs = nowMs;
  }
}

/** Undefined: there is none, or it is empty. */
function fileId(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined || stats.size === 0 ? undefined : `${stats.dev}:${stats.ino}`;
}
