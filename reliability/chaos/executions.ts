import { readFileSync } from "node:fs";

/** How often each request was executed, by its id. */
export function readExecutions(files: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const line of files.flatMap((file) => readFileSync(file, "utf8").split("\n"))) {
    const id = line.split(" ", 1)[0]!;
    if (id !== "") counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}
