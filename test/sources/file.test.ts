import { appendFile, chmod, mkdir, rename, rm, symlink, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { maxDocumentBytes } from "../../src/documents/yaml/document-size.ts";
import type { Source } from "../../src/registry/ports.ts";
import { createDocumentReader, type DocumentReader } from "../../src/sources/document-reader.ts";
import { RecordingSink } from "../support/recording-sink.ts";
import { until } from "../support/until.ts";
import { fileSource, openFile, openFolder } from "./support/models-file.ts";

const models = (...names: string[]): string =>
  `models:\n${names.map((name) => `  - {name: ${name}, service: ${name}, type: anomaly}\n`).join("")}`;

/** Starts a source, and shows what it holds and what keeps it from more. */
function follow(source: Source) {
  const sink = new RecordingSink();
  const { snapshots } = sink;
  const trouble = (): string | undefined => sink.troubles.at(-1);
  source.start(sink);
  onTestFinished(() => source.stop());
  const names = (): string | undefined =>
    snapshots
      .at(-1)
      ?.entries.map(({ entry }) => entry.name)
      .join();
  return {
    snapshots,
    trouble,
    untilNames: (expected: string) => until(() => names() === expected, `${expected} are there, not ${names()}`),
    untilTrouble: (part: string) =>
      until(() => trouble()?.includes(part) === true, `${part} is reported, not ${trouble()}`),
    untilWell: () => until(() => trouble() === undefined, `there is no trouble: ${trouble()}`),
  };
}

// Without the look now and then, unless a test is about it: what is shown is that a change is noticed at once.
const never = { pollMs: 1_000_000 };

describe("the file of models", () => {
  it("is read again when it is written to", async () => {
    const { path } = await openFile(models("a"));
    const file = follow(fileSource(path, never));
    await file.untilNames("a");
    await appendFile(path, "  - {name: b, service: b, type: anomaly}\n");
    await file.untilNames("a,b");
  });

  it("is read again when an editor puts another file in its place", async () => {
    const { path, folder } = await openFile(models("a"));
    const file = follow(fileSource(path, never));
    await file.untilNames("a");
    for (const name of ["b", "c"]) {
      await writeFile(join(folder, ".models.yaml.swp"), models(name));
      await rename(path, `${path}~`);
      await rename(join(folder, ".models.yaml.swp"), path);
      await file.untilNames(name);
    }
  });

  it("keeps its models while it is deleted, and is read when it is there again", async () => {
    const { path } = await openFile(models("a"));
    const file = follow(fileSource(path, never));
    await file.untilNames("a");
    await unlink(path);
    await file.untilTrouble(`${path}: there is no such file`);
    await file.untilNames("a");
    await writeFile(path, models("b"));
    await file.untilNames("b");
    await file.untilWell();
  });

  it("is read again, as it is, when the machine was too busy to read it", async () => {
    const { path } = await openFile(models("a"));
    const read = createDocumentReader("ns");
    let asked = 0;
    const busyAtFirst: DocumentReader = async (text, where) =>
      asked++ === 0 ? { problem: `${where}: takes too long`, mayPass: true } : read(text, where);
    const file = follow(fileSource(path, { pollMs: 20, read: busyAtFirst }));
    await file.untilNames("a");
    await file.untilWell();
  });

  it("follows a mounted ConfigMap, whose folder of data is exchanged as a whole", async () => {
    const folder = await openFolder();
    const mount = async (version: string, text: string): Promise<void> => {
      await mkdir(join(folder, version));
      await writeFile(join(folder, version, "models.yaml"), text);
      await symlink(version, join(folder, "..data_tmp"));
      await rename(join(folder, "..data_tmp"), join(folder, "..data"));
    };
    await mount("..2026_01", models("a"));
    await symlink("..data/models.yaml", join(folder, "models.yaml"));
    const file = follow(fileSource(join(folder, "models.yaml"), never));
    await file.untilNames("a");
    await mount("..2026_02", models("b"));
    await rm(join(folder, "..2026_01"), { recursive: true });
    await file.untilNames("b");
    await mount("..2026_03", models("c"));
    await file.untilNames("c");
    expect(file.trouble()).toBeUndefined();
  });

  it("may come after the start, and its folder too", async () => {
    const folder = join(await openFolder(), "later");
    const path = join(folder, "models.yaml");
    const file = follow(fileSource(path, { pollMs: 20 }));
    await file.untilTrouble("there is no such file");
    expect(file.snapshots).toEqual([]);
    await mkdir(folder);
    await writeFile(path, models("a"));
    await file.untilNames("a");
    await rm(folder, { recursive: true });
    await file.untilTrouble("there is no such file");
    await mkdir(folder);
    await writeFile(path, models("b"));
    await file.untilNames("b");
    await file.untilWell();
  });

  it("is looked at now and then, for what is behind a link to elsewhere", async () => {
    const { path } = await openFile(models("a"));
    const link = join(await openFolder(), "link.yaml");
    await symlink(path, link);
    const file = follow(fileSource(link, { pollMs: 20 }));
    await file.untilNames("a");
    await writeFile(path, models("b"));
    await file.untilNames("b");
  });

  it("is not read in mid-write", async () => {
    const { path } = await openFile(models("a", "b", "c", "d"));
    const file = follow(fileSource(path, never));
    await file.untilNames("a,b,c,d");
    await writeFile(path, "models:\n");
    for (const name of ["a", "b", "c", "d", "e"]) await appendFile(path, models(name).slice("models:\n".length));
    await file.untilNames("a,b,c,d,e");
    expect(file.snapshots).toHaveLength(2);
  });

  it.each<[string, string | Buffer, string]>([
    ["is not YAML", "models: [\n", "line 2, column 1"],
    ["is empty", "", "is empty"],
    ["is not UTF-8", Buffer.from([0x6d, 0xff, 0xfe]), "is not UTF-8 at byte 1;"],
    ["is cut within a character", Buffer.concat([Buffer.from("# ü"), Buffer.from([0xc3])]), "is not UTF-8 at byte 5;"],
    ["is too large", models("a") + "#".repeat(maxDocumentBytes), `at most ${maxDocumentBytes}`],
  ])("keeps its models while it %s", async (_title, content, problem) => {
    const { path } = await openFile(models("a"));
    const file = follow(fileSource(path, never));
    await file.untilNames("a");
    await writeFile(path, content);
    await file.untilTrouble(problem);
    expect(file.trouble()).toContain(path);
    await writeFile(path, models("a"));
    await file.untilWell();
    expect(file.snapshots).toHaveLength(1);
  });

  it("is not a folder", async () => {
    const file = follow(fileSource(await openFolder(), never));
    await file.untilTrouble("is not a file");
  });

  it.skipIf(process.getuid?.() === 0)("says that it may not be read", async () => {
    const { path } = await openFile(models("a"));
    await chmod(path, 0);
    await follow(fileSource(path, never)).untilTrouble("cannot be read by this user (permission denied)");
  });
});
