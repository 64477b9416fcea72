import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { CatalogSources, UnusableSources } from "../../src/catalog/sources/catalog-sources.ts";
import { until } from "../support/until.ts";

interface Started {
  readonly folder: string;
  readonly sources: CatalogSources;
  readonly warnings: string[];
  write(name: string, text: string): void;
}

const one = (path = "data.yaml", more = ""): string =>
  `model_catalogs:\n  - id: one\n    name: One\n    type: yaml\n${more}    properties: {yamlCatalogPath: "${path}"}\n`;
const listOf = (...names: string[]): string => `models:\n${names.map((name) => `  - name: ${name}\n`).join("")}`;

async function start(files: Readonly<Record<string, string>>, options: { maxEntries?: number } = {}): Promise<Started> {
  const folder = mkdtempSync(join(tmpdir(), "catalog-"));
  const write = (name: string, text: string): void => {
    // As editors and mounted volumes do it: another file in its place.
    writeFileSync(join(folder, `${name}.new`), text);
    renameSync(join(folder, `${name}.new`), join(folder, name));
  };
  for (const [name, text] of Object.entries(files)) write(name, text);
  const warnings: string[] = [];
  const sources = new CatalogSources({
    sourcesFiles: [join(folder, "sources.yaml")],
    performanceDirs: [],
    dataDirs: [],
    maxFileBytes: 1024 ** 2,
    maxEntries: options.maxEntries ?? 1000,
    pollMs: 20,
    log: { info: () => {}, warn: (message) => warnings.push(message) },
  });
  onTestFinished(async () => {
    await sources.stop();
    rmSync(folder, { recursive: true });
  });
  await sources.start();
  await sources.settled();
  return { folder, sources, warnings, write };
}

const namesOf = ({ sources }: Started): string[] => sources.snapshot.models.map(({ name }) => name);
const stateOf = ({ sources }: Started, id = "one") => sources.snapshot.sources.get(id);

describe("the sources of the catalog", () => {
  it("take a data file that has changed", async () => {
    const started = await start({ "sources.yaml": one(), "data.yaml": listOf("a") });
    expect(namesOf(started)).toEqual(["a"]);
    started.write("data.yaml", listOf("b", "c"));
    await until(() => namesOf(started).join() === "b,c");
  });

  it.each([
    ["a small file", 3],
    ["a file that is read in a thread", 300],
  ])("keep the entries of %s that have not changed", async (_, count) => {
    const names = Array.from({ length: count }, (_, i) => `model-${1000 + i}\n    readme: ${"x".repeat(100)}`);
    const started = await start({ "sources.yaml": one(), "data.yaml": listOf(...names) });
    const before = started.sources.snapshot.models;
    expect(before).toHaveLength(count);
    started.write("data.yaml", listOf("added", ...names.slice(1)));
    await until(() => namesOf(started)[0] === "added");
    expect(started.sources.snapshot.models.slice(1)).toEqual(before.slice(1));
    for (const [i, model] of started.sources.snapshot.models.slice(1).entries()) expect(model).toBe(before[i + 1]);
    // Those that a file left out and has again are read again.
    started.write("data.yaml", "models: [");
    await until(() => stateOf(started)?.status === "partially-available");
    started.write("data.yaml", listOf(...names));
    await until(() => stateOf(started)?.status === "available");
    expect(started.sources.snapshot.models).toEqual(before);
    expect(started.sources.snapshot.models[1]).toBe(before[1]);
  });

  it("take a source that is added, and drop one that is taken away or disabled", async () => {
    const started = await start({ "sources.yaml": one(), "data.yaml": listOf("a"), "more.yaml": listOf("z") });
    const two = `${one()}  - id: two\n    name: Two\n    type: yaml\n    properties: {yamlCatalogPath: more.yaml}\n`;
    started.write("sources.yaml", two);
    await until(() => namesOf(started).join() === "a,z");
    started.write("sources.yaml", one("data.yaml", "    enabled: false\n"));
    await until(() => namesOf(started).length === 0);
    expect(stateOf(started)?.status).toBe("disabled");
  });

  it("keep what they had while a file cannot be read, and say so", async () => {
    const started = await start({ "sources.yaml": one(), "data.yaml": listOf("a") });
    started.write("data.yaml", "models: [");
    await until(() => stateOf(started)?.status === "partially-available");
    expect(stateOf(started)?.error).toContain("failed to read yamlCatalogPath file: line 1: ");
    rmSync(join(started.folder, "data.yaml"));
    await until(() => stateOf(started)?.error.includes("there is no such file") === true);
    expect(namesOf(started)).toEqual(["a"]);
    started.write("data.yaml", listOf("b"));
    await until(() => namesOf(started).join() === "b");
    expect(stateOf(started)).toMatchObject({ status: "available", error: "" });
  });

  it("keep their configuration while a new one cannot be used, and say so once", async () => {
    const started = await start({ "sources.yaml": one(), "data.yaml": listOf("a") });
    started.write("sources.yaml", `${one()}surprise: 1\n`);
    await until(() => started.warnings.length > 0);
    expect(started.warnings).toEqual([expect.stringContaining("surprise: unknown field")]);
    expect(namesOf(started)).toEqual(["a"]);
    started.write("sources.yaml", one("other.yaml"));
    started.write("other.yaml", listOf("c"));
    await until(() => namesOf(started).join() === "c");
  });

  it.each([
    ["no YAML", "model_catalogs: [", "not YAML"],
    ["an unknown key", "model_catalogz: []", "did you mean model_catalogs?"],
    ["one id twice", `${one()}mcp_catalogs: [{id: one, name: x, type: yaml}]`, 'the source id "one" is used twice'],
  ])("refuse to start with %s", async (_, text, words) => {
    const thrown: unknown = await start({ "sources.yaml": text }).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(UnusableSources);
    expect((thrown as Error).message).toContain(words);
  });

  it("never open a file outside of their folders, by whatever way", async () => {
    const outside = mkdtempSync(join(tmpdir(), "outside-"));
    onTestFinished(() => rmSync(outside, { recursive: true }));
    writeFileSync(join(outside, "secret.yaml"), listOf("secret"));
    const started = await start({ "sources.yaml": one("link.yaml") });
    symlinkSync(join(outside, "secret.yaml"), join(started.folder, "link.yaml"));
    await until(() => stateOf(started)?.error.includes("is outside the catalog's directories") === true);
    mkdirSync(join(started.folder, "inner"));
    symlinkSync(outside, join(started.folder, "inner", "folder"));
    for (const path of ["../x/secret.yaml", join(outside, "secret.yaml"), "inner/folder/secret.yaml", "/dev/zero"]) {
      started.write("sources.yaml", one(path));
      await until(
        () => stateOf(started)?.spec.properties.yamlCatalogPath === path && stateOf(started)?.status === "error",
      );
      expect(stateOf(started)?.error).toContain("is outside the catalog's directories");
    }
    expect(namesOf(started)).toEqual([]);
  });

  it("follow links within their folders, as mounted volumes have them", async () => {
    const started = await start({ "sources.yaml": one("current.yaml") });
    mkdirSync(join(started.folder, "..2026"));
    writeFileSync(join(started.folder, "..2026", "data.yaml"), listOf("a"));
    symlinkSync(join("..2026", "data.yaml"), join(started.folder, "current.yaml"));
    await until(() => namesOf(started).join() === "a");
  });

  it("take no more entries than they may, and no larger file", async () => {
    const started = await start({ "sources.yaml": one(), "data.yaml": listOf("a", "b", "c") }, { maxEntries: 2 });
    expect(stateOf(started)?.error).toContain("has more than 2 entries");
    started.write("data.yaml", `# ${"x".repeat(1024 ** 2)}\n${listOf("a")}`);
    await until(() => stateOf(started)?.error.includes("at most 1048576 are read") === true);
  });
});
