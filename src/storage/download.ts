import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { ArtifactUri } from "./artifact-uri.ts";
import { StorageError } from "./storage-error.ts";

/** How the downloader is run. */
export interface DownloadOptions {
  /** A Python with the package `kserve-storage`. */
  readonly python: string;
  /** Prefixes that redirects have to keep to as well; empty: any address that is not forbidden. */
  readonly allowedPrefixes: readonly string[];
  /** The environment that it sees: the credentials that KServe provides. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Is called with each line that it logs. */
  readonly log: (line: string) => void;
}

/** Next to this file when running from source, next to the program in a build. */
const scripts = ["./download.py", "../download.py"].map((path) => fileURLToPath(new URL(path, import.meta.url)));

/** The registry's own secrets, which sources of files must not see. */
const ownSecrets = ["MODEL_REGISTRY_TOKEN"];

/**
 * Has KServe's own downloader fill a folder.
 *
 * @throws StorageError with the downloader's message
 */
export async function download(
  { uri }: ArtifactUri,
  folder: string,
  options: DownloadOptions,
  signal: AbortSignal,
): Promise<void> {
  const script = scripts.find((path) => existsSync(path));
  if (script === undefined) throw new StorageError("download.py is missing next to the program; reinstall it");
  const env = Object.fromEntries(Object.entries(options.env).filter(([name]) => !ownSecrets.includes(name)));
  // Isolated mode (-I), so that modules in the working folder cannot replace others.
  const child = spawn(options.python, ["-I", script], { env, stdio: ["pipe", "pipe", "pipe", "pipe"], signal });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  const [stdin, stdout, stderr, result] = child.stdio as unknown as [
    NodeJS.WritableStream,
    Readable,
    Readable,
    Readable,
  ];
  stdin.on("error", () => {});
  stdin.end(JSON.stringify({ uri, folder, allowedPrefixes: options.allowedPrefixes }));
  for (const output of [stdout, stderr]) {
    createInterface({ input: output }).on("line", (line) => options.log(withoutQueries(line)));
  }
  const [code, problem] = await Promise.all([ended, text(result)]).catch((error: NodeJS.ErrnoException) => {
    signal.throwIfAborted();
    if (error.code !== "ENOENT") throw error;
    throw new StorageError(
      `${options.python} was not found; set STORAGE_INITIALIZER_PYTHON to a Python with kserve-storage`,
    );
  });
  if (code === 0) return;
  throw new StorageError(withoutQueries(problem.trim()) || `KServe's downloader ended with ${code}`);
}

/** A text without the queries of addresses, which may be signed. */
function withoutQueries(line: string): string {
  return line.replace(/\?[^\s'")]+/g, "?...").replace(/:\/\/[^/\s]*@/g, "://***@");
}
