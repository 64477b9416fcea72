import { describe, expect, it } from "vitest";
import { readYaml } from "../../src/documents/yaml/read-yaml.ts";

describe("merges of YAML", () => {
  const chain = (levels: number, sources: (before: number) => string): string =>
    Array.from({ length: levels }, (_, i) => `x${i + 1}: &x${i + 1} {<<: ${sources(i)}}\n`).join("");

  it.each<[string, string]>([
    ["of merges of merges", `x0: &x0 {a: 1}\n${chain(30, (i) => `[*x${i},*x${i}]`)}`],
    [
      "of lists of them",
      `x0: &x0 {a: 1}\nl0: &l0 [*x0,*x0]\n${"".concat(...Array.from({ length: 30 }, (_, i) => `x${i + 1}: &x${i + 1} {<<: *l${i}}\nl${i + 1}: &l${i + 1} [*x${i + 1},*x${i + 1}]\n`))}`,
    ],
  ])("are refused before they are carried out where there are too many %s", (_title, text) => {
    expect(readYaml(text)).toEqual({
      documents: [],
      problems: [{ offset: 0, message: "its merges (<<) make far more values than it has" }],
    });
  });

  it("are carried out where many share one map", () => {
    const text = `d: &d {a: 1, b: 2, c: 3}\nall:\n${"- {<<: *d, n: 1}\n".repeat(2000)}`;
    const { documents, problems } = readYaml(text);
    expect(problems).toEqual([]);
    expect(documents[0]!.toJS({ maxAliasCount: -1 }).all[1999]).toEqual({ a: 1, b: 2, c: 3, n: 1 });
  });
});
