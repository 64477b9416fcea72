import { realpathSync, statSync } from "node:fs";
import { sep } from "node:path";
import { fileState } from "./file-watcher.ts";
import { readSmallFile } from "./read-small-file.ts";

/** How often a file is looked at, at most. */
const checkGapMs = 1000;

/** A file that cannot be read. Its message names the file and is for the log. */
export class UnreadableFile extends Error {
  constructor(path: string, why: string, cause?: unknown) {
    super(`${path}: ${why}`, { cause });
    this.name = "UnreadableFile";
  }
}

/**
 * The text of a file that may be replaced at any time. It is read again when it has changed. Whether it has is checked
 * only when the text is asked for, and at most once a second: there may be thousands of these, and nothing to close
 * them. While a file cannot be read, its last good text stays in use.
 */
export class CachedFile {
  readonly #path: string;
  readonly #dirs: readonly string[] | undefined;
  readonly #now: () => number;
  #checkedMs = Number.NEGATIVE_INFINITY;
  #state = "";
  #text: string | undefined;

  /** @param dirs the folders that it has to lie in, after links are followed; undefined: anywhere */
  constructor(path: string, dirs?: readonly string[], now: () => number = () => performance.now()) {
    this.#path = path;
    this.#dirs = dirs;
    this.#now = now;
  }

  /** @throws UnreadableFile when it has never been readable */
  read(): string {
    const nowMs = this.#now();
    if (this.#text !== undefined && nowMs - this.#checkedMs < checkGapMs) return this.#text;
    try {
      const state = fileState(statSync(this.#path, { bigint: true }));
      if (this.#text === undefined || state !== this.#state) {
        const path = this.#dirs === undefined ? this.#path : pathWithin(this.#path, this.#dirs);
        this.#text = readSmallFile(path).toString();
        this.#state = state;
      }
      this.#checkedMs = nowMs;
      return this.#text;
    } catch (error) {
      if (this.#text === undefined) throw new UnreadableFile(this.#path, codeOrMessage(error), error);
      this.#checkedMs = nowMs;
      return this.#text;
    }
  }
}

/** The path that a file has once all links are followed. */
function pathWithin(path: string, dirs: readonly string[]): string {
  const real = realpathSync(path);
  const isWithin = dirs.some((dir) => {
    try {
      return real.startsWith(realpathSync(dir) + sep);
    } catch {
      return false;
    }
  });
  if (!isWithin) throw new Error(`leads out of ${dirs.join(" and ") || "every folder"} (KSERVE_CREDENTIALS_DIRS)`);
  return real;
}

function codeOrMessage(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? (error as Error).message;
}
