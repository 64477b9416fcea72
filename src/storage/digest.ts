import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join, relative } from "node:path";
import { pipeline } from "node:stream/promises";
import { shownPath } from "./plain-files.ts";
import { StorageError } from "./storage-error.ts";

const form = /^sha256:([0-9a-f]{64})$/i;

/** @throws StorageError */
export function assertDigestForm(digest: string): void {
  if (form.test(digest)) return;
  const found = JSON.stringify(digest.slice(0, 100));
  throw new StorageError(`the digest of the artifact is ${found}; expected sha256: and 64 hexadecimal digits`);
}

/**
 * Compares the content of a folder of plain files with a digest: of the bytes of its file where it has one alone, else of the lines
 * `HASH  ./PATH` of all files, sorted by path, as `find . -type f | LC_ALL=C sort | xargs sha256sum | sha256sum` has it.
 *
 * @throws StorageError where they differ, and for what a digest does not cover: a link, or a file whose name has a line break
 */
export async function assertDigest(folder: string, digest: string): Promise<void> {
  const found = await digestOf(folder);
  if (found === digest.toLowerCase()) return;
  throw new StorageError(
    `the files have the digest ${found}, and the artifact says ${digest}; register the current files again`,
  );
}

/** The digest of the content of a folder. */
export async function digestOf(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const uncovered = entries.find((entry) => entry.isSymbolicLink() || entry.name.includes("\n"));
  if (uncovered !== undefined) {
    const what = uncovered.isSymbolicLink() ? "a link" : "a file whose name has a line break";
    throw new StorageError(
      `the artifact has a digest, which does not cover ${what}: ${shownPath(folder, uncovered)}; leave it out`,
    );
  }
  const paths = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .map((path) => [Buffer.from(`./${path}`), path] as const)
    .sort(([a], [b]) => Buffer.compare(a, b));
  const [only] = paths;
  if (paths.length === 1 && entries.length === 1) return `sha256:${await hashOf(join(folder, only![1]))}`;
  const all = createHash("sha256");
  for (const [name, path] of paths) all.update(`${await hashOf(join(folder, path))}  ${name}\n`);
  return `sha256:${all.digest("hex")}`;
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
