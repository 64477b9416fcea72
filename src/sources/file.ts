import { isUtf8 } from "node:buffer";
import { type FSWatcher, watch } from "node:fs";
import { open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { maxDocumentBytes, tooLarge } from "../documents/yaml/document-size.ts";
import type { Source, SourceSink } from "../registry/ports.ts";
import type { DocumentReader } from "./document-reader.ts";

export interface FileSourceOptions {
  readonly path: string;
  readonly read: DocumentReader;
  /** How often the file is looked at without being told of a change. Default: 5 s. */
  readonly pollMs?: number;
  /** How long the folder must be quiet before the file is read. Default: 50 ms. */
  readonly quietMs?: number;
}

/** A file in mid-write is not waited for longer than this. */
const longestQuietMs = 500;

/**
 * Creates the source of a file with a document of models. It watches the folder and not the file, because editors and
 * mounted ConfigMaps put another file in its place; and it looks at the file now and then, because some file systems
 * tell of nothing. While the file cannot be read, what was read last stays in force.
 */
export function createFileSource(options: FileSourceOptions): Source {
  let follower: Follower | undefined;
  return {
    kind: "file",
    name: "file",
    cluster: "",
    start(sink) {
      follower = new Follower(options, sink);
    },
    stop: async () => follower?.stop(),
  };
}

class Follower {
  readonly #options: FileSourceOptions;
  readonly #sink: SourceSink;
  readonly #poll: NodeJS.Timeout;
  #watched: { readonly watcher: FSWatcher; readonly folder: string } | undefined;
  #quiet: NodeJS.Timeout | undefined;
  #quietSince: number | undefined;
  #looking: Promise<void> | undefined;
  #lookAgain = false;
  #stopped = false;
  #seen: string | undefined;
  #text: string | undefined;

  constructor(options: FileSourceOptions, sink: SourceSink) {
    this.#options = options;
    this.#sink = sink;
    this.#poll = setInterval(() => this.#look(), options.pollMs ?? 5000).unref();
    this.#look();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#poll);
    clearTimeout(this.#quiet);
    this.#watched?.watcher.close();
    await this.#looking;
  }

  /** Something happened in the folder. What writes a file in parts is given the time to finish. */
  #stir(): void {
    const now = performance.now();
    this.#quietSince ??= now;
    clearTimeout(this.#quiet);
    const { quietMs = 50 } = this.#options;
    const waitMs = Math.min(quietMs, this.#quietSince + longestQuietMs - now);
    this.#quiet = setTimeout(() => {
      this.#quietSince = undefined;
      this.#look();
    }, waitMs).unref();
  }

  #look(): void {
    if (this.#stopped) return;
    if (this.#looking !== undefined) {
      this.#lookAgain = true;
      return;
    }
    this.#looking = this.#lookOnce().finally(() => {
      this.#looking = undefined;
      if (!this.#lookAgain) return;
      this.#lookAgain = false;
      this.#look();
    });
  }

  async #lookOnce(): Promise<void> {
    const { path } = this.#options;
    await this.#watchFolder();
    let problem: string | undefined;
    try {
      const fingerprint = await fingerprintOf(path);
      if (fingerprint === this.#seen) return;
      problem = await this.#take(await readText(path));
      // Written to while it was read: what was read may be half of it.
      if ((await fingerprintOf(path)) === fingerprint) this.#seen = fingerprint;
      else this.#stir();
    } catch (error) {
      this.#seen = undefined;
      problem = `${path}: ${inWords(error as NodeJS.ErrnoException)}`;
    }
    if (!this.#stopped) this.#sink.onTrouble(problem);
  }

  /** Hands over what a text holds, or returns what is wrong with it. */
  async #take(text: string): Promise<string | undefined> {
    if (this.#stopped || text === this.#text) return undefined;
    const document = await this.#options.read(text, this.#options.path);
    if (this.#stopped) return undefined;
    if ("problem" in document) return document.problem;
    this.#text = text;
    this.#sink.onSnapshot(document.snapshot);
    return undefined;
  }

  /** Watches the folder as it is now; one that was put in the place of another is watched instead. */
  async #watchFolder(): Promise<void> {
    const path = dirname(this.#options.path);
    const folder = await stat(path).then(
      ({ dev, ino }) => `${dev}:${ino}`,
      () => undefined,
    );
    if (this.#stopped || folder === this.#watched?.folder) return;
    this.#watched?.watcher.close();
    this.#watched = undefined;
    if (folder === undefined) return;
    try {
      const watcher = watch(path, { persistent: false }, () => this.#stir());
      // A watch that breaks is made again at the next look.
      watcher.on("error", () => {
        watcher.close();
        this.#watched = undefined;
      });
      this.#watched = { watcher, folder };
    } catch {
      // There is no watch to be had: the look now and then must do.
    }
  }
}

/** Tells one state of a file from another. Follows links, so that another file behind a link is another state. */
async function fingerprintOf(path: string): Promise<string> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  return [dev, ino, size, mtimeNs, ctimeNs].join(":");
}

async function readText(path: string): Promise<string> {
  const file = await open(path);
  try {
    const found = await file.stat();
    if (!found.isFile()) throw new Error("is no file");
    if (found.size > maxDocumentBytes) throw new Error(tooLarge(found.size));
    const bytes = Buffer.alloc(maxDocumentBytes + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = (await file.read(bytes, length, bytes.length - length, length)).bytesRead;
    }
    const read = bytes.subarray(0, length);
    if (!isUtf8(read)) throw new Error(`is not UTF-8 at byte ${firstBadByte(read)}; save it as UTF-8`);
    return new TextDecoder().decode(read);
  } finally {
    await file.close();
  }
}

/** The index of the byte that no UTF-8 can have there. */
function firstBadByte(bytes: Uint8Array): number {
  const isGood = (length: number): boolean => {
    try {
      // As a stream: what is only cut off is not bad yet.
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, length), { stream: true });
      return true;
    } catch {
      return false;
    }
  };
  let [good, bad] = [0, bytes.length + 1];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (isGood(middle)) good = middle;
    else bad = middle;
  }
  return bad - 1;
}

function inWords({ code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case "ENOENT":
      return "there is no such file";
    case "EACCES":
      return "may not be read by this user";
    default:
      return message;
  }
}
