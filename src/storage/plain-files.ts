import type { Dirent } from "node:fs";
import { readdir, realpath } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { StorageError } from "./storage-error.ts";

/**
 * Asserts that a folder contains only files, folders, and links that stay within it. Archives and repositories may
 * contain a link to a secret of whoever reads the files, or a pipe that blocks its reader.
 *
 * @throws StorageError
 */
export async function assertPlainFiles(folder: string): Promise<void> {
  const inside = (await realpath(folder)) + sep;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile() || entry.isDirectory()) continue;
    const shown = shownPath(folder, entry);
    if (!entry.isSymbolicLink())
      throw new StorageError(`the files contain ${shown}, which is neither a file nor a directory`);
    const target = await realpath(join(entry.parentPath, entry.name)).catch(() => undefined);
    if (target === undefined || !`${target}${sep}`.startsWith(inside)) {
      throw new StorageError(`the link ${shown} among the files points outside their directory or to nothing`);
    }
  }
}

/** The path of what lies in a folder, for messages. */
export function shownPath(folder: string, { parentPath, name }: Dirent): string {
  const path = relative(folder, join(parentPath, name));
  return JSON.stringify(path.length > 300 ? `${path.slice(0, 300)}...` : path);
}
