import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");

/**
 * Whether files that were made are there, each younger than all that they are made of.
 *
 * @param made paths from the root of the project
 * @param sources files and folders from there
 */
export function isUpToDate(made: readonly string[], sources: readonly string[]): boolean {
  const changedMs = Math.max(...sources.flatMap(filesIn).map(changedAt));
  return made.every((path) => changedAt(path) > changedMs);
}

function filesIn(path: string): string[] {
  if (!statSync(join(root, path)).isDirectory()) return [path];
  return readdirSync(join(root, path), { recursive: true, encoding: "utf8" }).map((name) => join(path, name));
}

function changedAt(path: string): number {
  return statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
