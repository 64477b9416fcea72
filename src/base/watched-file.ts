import { readFileSync, statSync } from "node:fs";

/** How often a file is looked at, at most. Kubernetes swaps mounted Secrets by a symbolic link, which events often miss. */
const checkGapMs = 1000;

/** A file that cannot be read. Its message names the file and is for the log. */
export class UnreadableFile extends Error {
  constructor(path: string, why: string, cause?: unknown) {
    super(`${path}: ${why}`, { cause });
    this.name = "UnreadableFile";
  }
}

/**
 * The text of a file that may be replaced at any time. It is read again when it has changed, and looked at once a second
 * at most, only when somebody asks. A file that has been good once and cannot be read now stays as it was.
 */
export class WatchedFile {
  readonly #path: string;
  readonly #now: () => number;
  #checkedMs = Number.NEGATIVE_INFINITY;
  #fingerprint = "";
  #text: string | undefined;

  constructor(path: string, now: () => number = () => performance.now()) {
    this.#path = path;
    this.#now = now;
  }

  /** @throws UnreadableFile when it has never been readable */
  read(): string {
    const nowMs = this.#now();
    if (this.#text !== undefined && nowMs - this.#checkedMs < checkGapMs) return this.#text;
    try {
      const { dev, ino, size, mtimeMs } = statSync(this.#path);
      const fingerprint = `${dev} ${ino} ${size} ${mtimeMs}`;
      if (this.#text === undefined || fingerprint !== this.#fingerprint) {
        this.#text = readFileSync(this.#path, "utf8");
        this.#fingerprint = fingerprint;
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

function codeOrMessage(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? (error as Error).message;
}
