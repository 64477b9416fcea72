import { globSync, statSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");

/**
 * Whether files that were made are there, each younger than all that they are made of.
 *
 * @param made paths from the root of the project
 * @param sources patterns from there
 */
export function isUpToDate(made: readonly string[], sources: readonly string[]): boolean {
  const changedMs = Math.max(...globSync([...sources], { cwd: root }).map(changedAt));
  return made.every((path) => changedAt(path) > changedMs);
}

function changedAt(path: string): number {
  return statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
