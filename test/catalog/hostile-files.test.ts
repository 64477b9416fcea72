import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { CatalogSources } from "../../src/catalog/sources/catalog-sources.ts";
import { type DataItem, readDataFile, UnreadableDataFile } from "../../src/catalog/sources/data-file.ts";
import { readSourcesFile } from "../../src/catalog/sources/read-sources-file.ts";
import { readPlainYaml } from "../../src/documents/yaml/plain-yaml.ts";
import { until } from "../support/until.ts";

const scalar = fc.constantFrom(
  ...[
    "a",
    "''",
    "~",
    "1e999",
    "-.inf",
    "0x7fffffffffffffff",
    "true",
    "[",
    "]",
    "{",
    "}",
    "!!binary aGk=",
    "!!js/function x",
  ],
  ...[
    "*a",
    "&a",
    "&a [*a]",
    "<<",
    "? ",
    "|",
    ">",
    "- - -",
    "%YAML 9",
    "---",
    "...",
    "\t",
    "'",
    '"',
    "@",
    "`",
    "\u0000",
  ],
  ...["../../etc/passwd", "/etc/passwd", "file:///etc/passwd", "/dev/zero", "/proc/self/environ"],
);
const key = fc.constantFrom(
  ...["models", "mcp_servers", "name", "artifacts", "uri", "customProperties", "metadataType", "int_value", "tools"],
  ...[
    "__proto__",
    "constructor",
    "toString",
    "model_catalogs",
    "properties",
    "yamlCatalogPath",
    "language",
    "? x",
    "<<",
  ],
);
const line = fc
  .tuple(fc.integer({ min: 0, max: 4 }), fc.boolean(), key, scalar)
  .map(([depth, dash, name, value]) => `${"  ".repeat(depth)}${dash ? "- " : ""}${name}: ${value}`);
const noise = fc.array(line, { maxLength: 12 }).map((lines) => `models:\n  - name: a\n${lines.join("\n")}\n`);

/** What brings parsers down: each of them grows out of all proportion to its size. */
const bombs = [
  ["aliases of aliases", `a: &a [x,x,x,x,x,x,x,x,x]\n${alphabet(20)}models: []\n`],
  ["an anchor that holds itself", "models: &a\n  - name: *a\n    tags: &b {x: *b}\n"],
  ["brackets in brackets", `models: ${"[".repeat(50_000)}`],
  ["maps in maps", `models:\n  - name: ${"{a: ".repeat(5_000)}`],
  ["dashes in dashes", `models:\n  ${"- ".repeat(20_000)}`],
  ["indented ever more", Array.from({ length: 400 }, (_, i) => `${" ".repeat(i)}a:`).join("\n")],
  ["a line without end", `models:\n  - name: ${"x".repeat(2_000_000)}`],
  ["keys without end", `models:\n  - name: a\n${Array.from({ length: 5_000 }, (_, i) => `    k${i}: 1`).join("\n")}`],
  [
    "properties without end",
    `models:\n  - name: a\n    customProperties:\n${Array.from({ length: 5_000 }, (_, i) => `      k${i}: {string_value: a}`).join("\n")}`,
  ],
  ["documents without end", "---\n".repeat(5_000)],
  ["merges of merges", `models:\n  - &a {name: a}\n${"  - {<<: *a, name: b}\n".repeat(200)}`],
] as const;

function alphabet(count: number): string {
  const lines: string[] = [];
  for (let i = 1; i < count; i++) {
    const last = i === 1 ? "a" : `a${i - 1}`;
    lines.push(`a${i}: &a${i} [${Array.from({ length: 9 }, () => `*${last}`).join(",")}]`);
  }
  return `${lines.join("\n")}\n`;
}

const task = { assetType: "models", sourceId: "s", included: [], excluded: [], maxEntries: 1000 } as const;

/** All that a text holds, or why it cannot be read. Any other error fails the test. */
function readAll(text: string): readonly DataItem[] | string {
  try {
    return [...readDataFile(text, task)];
  } catch (error) {
    if (error instanceof UnreadableDataFile) return error.message;
    throw error;
  }
}

describe("hostile files", () => {
  it("are read or refused, 500 of them, and leave nothing behind", () => {
    fc.assert(
      fc.property(noise, (text) => {
        const read = readAll(text);
        const { value, problems } = readPlainYaml(text);
        if (problems.length === 0) readSourcesFile(value);
        if (typeof read !== "string") {
          for (const item of read)
            if (item.is === "entry") expect(Object.getPrototypeOf(item.entry)).toBe(Object.prototype);
        }
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it.each(bombs)("do no harm by %s", (_, text) => {
    const read = readAll(text);
    const entries = typeof read === "string" ? [] : read.filter((item) => item.is === "entry");
    expect(entries.length).toBeLessThanOrEqual(201);
  });

  it("leave a source with what it had", async () => {
    const folder = mkdtempSync(join(tmpdir(), "hostile-"));
    const write = (name: string, text: string): void => {
      writeFileSync(join(folder, "new"), text);
      renameSync(join(folder, "new"), join(folder, name));
    };
    write("data.yaml", "models:\n  - name: good\n");
    write("sources.yaml", "model_catalogs: [{id: s, name: S, type: yaml, properties: {yamlCatalogPath: data.yaml}}]");
    const sources = new CatalogSources({
      sourcesFiles: [join(folder, "sources.yaml")],
      performanceDirs: [],
      dataDirs: [],
      maxFileBytes: 4 * 1024 ** 2,
      maxEntries: 1000,
      pollMs: 10,
      log: { info: () => {}, warn: () => {} },
    });
    onTestFinished(async () => {
      await sources.stop();
      rmSync(folder, { recursive: true });
    });
    await sources.start();
    await sources.settled();
    for (const [name, text] of bombs.filter(([, text]) => typeof readAll(text) === "string")) {
      const before = sources.snapshot.sources.get("s")?.error;
      write("data.yaml", text);
      await until(() => sources.snapshot.sources.get("s")?.error !== before || before !== "", name, 20_000);
      expect(sources.snapshot.models.map((model) => model.name)).toEqual(["good"]);
    }
    write("data.yaml", "models:\n  - name: better\n");
    await until(() => sources.snapshot.models[0]?.name === "better", "it goes on", 20_000);
  });
});
