import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { installed, program } from "./suites.ts";

const root = resolve(import.meta.dirname, "..");
const testsOf = (globs: readonly string[]): readonly string[] =>
  globs.flatMap((glob) => globSync(glob, { cwd: root })).filter((file) => file.endsWith(".test.ts"));

/** The files of `test/` that a file imports, itself among them. */
function importedBy(file: string, found = new Set<string>()): ReadonlySet<string> {
  if (found.has(file) || !file.startsWith("test/")) return found;
  found.add(file);
  const text = readFileSync(join(root, file), "utf8");
  for (const [, target] of text.matchAll(/from\s*"(\.[^"]+\.ts)"/g)) {
    const imported = relative(root, resolve(root, dirname(file), target!));
    // Snippets within a test import what is not there.
    if (existsSync(join(root, imported))) importedBy(imported, found);
  }
  return found;
}

describe("npm run test:program", () => {
  it.each(program)("has tests at %s", (glob) => {
    expect(testsOf([glob])).not.toEqual([]);
  });

  it("has every test that starts the built program", () => {
    const others = new Set(testsOf(["test/**/*.test.ts"]));
    for (const file of testsOf([...program, ...installed])) others.delete(file);
    const starts = (file: string): boolean => /inject\("program"\)/.test(readFileSync(join(root, file), "utf8"));
    expect([...others].filter((file) => [...importedBy(file)].some(starts))).toEqual([]);
  });
});
