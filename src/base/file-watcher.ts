import { type BigIntStats, type FSWatcher, watch } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Called when a file has changed. Returns whether the files could be used: if not, it is called again at the next poll.
 */
export type OnFileChange = () => boolean | Promise<boolean>;

export interface FileWatcherOptions {
  /** How often the files are checked without an event. Default: 5 s. */
  readonly pollMs?: number;
  /** How long the folders must be quiet before the files are checked. Default: 50 ms. */
  readonly quietMs?: number;
}

/** Files that are being written are waited for no longer than this. */
const longestQuietMs = 500;

/**
 * Watches a few files that belong together. It watches their folders and not the files, because editors, and mounted
 * ConfigMaps and Secrets, replace files rather than write to them; and it polls as well, because some file systems send
 * no events. Changes that come close together are reported once. Does not keep the process alive.
 */
export class FileWatcher {
  readonly #paths: readonly string[];
  readonly #onChange: OnFileChange;
  readonly #quietMs: number;
  readonly #poll: NodeJS.Timeout;
  readonly #folders: ReadonlyMap<string, WatchedFolder>;
  #quiet: NodeJS.Timeout | undefined;
  #quietSince: number | undefined;
  #looking: Promise<void> | undefined;
  #lookAgain = false;
  #stopped = false;
  #seen: string | undefined;

  /** The first call of `onChange` comes at once, whatever the files are. One call at a time. */
  constructor(paths: readonly string[], onChange: OnFileChange, { pollMs = 5000, quietMs = 50 }: FileWatcherOptions) {
    this.#paths = paths;
    this.#onChange = onChange;
    this.#quietMs = quietMs;
    const stir = (): void => this.#stir();
    this.#folders = new Map(paths.map((path) => [dirname(path), new WatchedFolder(dirname(path), stir)]));
    this.#poll = setInterval(() => this.#look(), pollMs).unref();
    this.#look();
  }

  /** Ends it, once a call of `onChange` under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#poll);
    clearTimeout(this.#quiet);
    for (const folder of this.#folders.values()) folder.close();
    await this.#looking;
  }

  /** Something happened in a folder. Whoever writes a file in several steps is given the time to finish. */
  #stir(): void {
    if (this.#stopped) return;
    const now = performance.now();
    this.#quietSince ??= now;
    clearTimeout(this.#quiet);
    const waitMs = Math.max(0, Math.min(this.#quietMs, this.#quietSince + longestQuietMs - now));
    this.#quiet = setTimeout(() => {
      this.#quietSince = undefined;
      this.#look();
    }, waitMs).unref();
  }

  #look(): void {
    // While something is being written, the look comes when it is quiet again.
    if (this.#stopped || this.#quietSince !== undefined) return;
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
    for (const folder of this.#folders.values()) await folder.watch();
    const state = await stateOf(this.#paths);
    if (this.#stopped || state === this.#seen) return;
    const wasOfUse = await this.#onChange();
    const isSame = (await stateOf(this.#paths)) === state;
    this.#seen = wasOfUse && isSame ? state : undefined;
    // Written to while it was read: what was read may be half of it.
    if (!isSame) this.#stir();
  }
}

/** A folder, which may not exist yet and may be replaced by another. */
class WatchedFolder {
  readonly #path: string;
  readonly #onEvent: () => void;
  #watched: { readonly watcher: FSWatcher; readonly folder: string } | undefined;
  #closed = false;

  constructor(path: string, onEvent: () => void) {
    this.#path = path;
    this.#onEvent = onEvent;
  }

  /** Watches the folder as it is now. */
  async watch(): Promise<void> {
    const folder = await stat(this.#path).then(
      ({ dev, ino }) => `${dev}:${ino}`,
      () => undefined,
    );
    if (this.#closed || folder === this.#watched?.folder) return;
    this.#watched?.watcher.close();
    this.#watched = undefined;
    if (folder === undefined) return;
    try {
      const watcher = watch(this.#path, { persistent: false }, this.#onEvent);
      // A watch that breaks is made again at the next look.
      watcher.on("error", () => {
        watcher.close();
        this.#watched = undefined;
      });
      this.#watched = { watcher, folder };
    } catch {
      // It cannot be watched: polling has to do.
    }
  }

  close(): void {
    this.#closed = true;
    this.#watched?.watcher.close();
  }
}

async function stateOf(paths: readonly string[]): Promise<string> {
  const states = paths.map((path) => stat(path, { bigint: true }).then(fileState, ({ code }) => String(code)));
  return (await Promise.all(states)).join(" ");
}

/** A fingerprint of a file's state, of the target where it is a link. */
export function fileState({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(":");
}
