import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createNewFile, writeNewFile } from "../../src/cli/new-file.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kserve-model-registry-new-file-"));
  path = join(folder, "values.yaml");
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("a new file", () => {
  it("appears when it is complete, and leaves nothing else behind", async () => {
    writeFileSync(path, "old");
    chmodSync(path, 0o640);
    const file = await createNewFile(path);
    await file.write("new ");
    await file.write("text");
    expect(readFileSync(path, "utf8")).toBe("old");
    await file.complete();
    expect(readFileSync(path, "utf8")).toBe("new text");
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect(readdirSync(folder)).toEqual(["values.yaml"]);
  });

  it("leaves what was there when it is discarded", async () => {
    writeFileSync(path, "old");
    const file = await createNewFile(path);
    await file.write("new");
    await file.discard();
    expect(readFileSync(path, "utf8")).toBe("old");
    expect(readdirSync(folder)).toEqual(["values.yaml"]);
  });

  it("replaces what a link leads to, and not the link", async () => {
    mkdirSync(join(folder, "other"));
    const target = join(folder, "other", "target.yaml");
    writeFileSync(target, "old");
    symlinkSync(target, path);
    await writeNewFile(path, "new");
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
    expect(readFileSync(target, "utf8")).toBe("new");
  });

  it("uses neither an existing temporary file nor that of another writer", async () => {
    writeFileSync(`${path}.partial`, "mine");
    const both = await Promise.all([createNewFile(path), createNewFile(path)]);
    for (const [i, file] of both.entries()) await file.write(String(i));
    await both[0].complete();
    await both[1].discard();
    expect(readFileSync(path, "utf8")).toBe("0");
    expect(readFileSync(`${path}.partial`, "utf8")).toBe("mine");
  });

  it.skipIf(!existsSync("/dev/full"))("is not put in the place of a device", async () => {
    await writeNewFile("/dev/null", "text");
    expect(statSync("/dev/null").isCharacterDevice()).toBe(true);
    await expect(writeNewFile("/dev/full", "text")).rejects.toMatchObject({
      message: expect.stringMatching(/^\/dev\/full cannot be written: ENOSPC/),
      exitStatus: 1,
    });
  });

  it("says why it cannot be written", async () => {
    symlinkSync(join(folder, "nowhere"), path);
    const unusable: [string, RegExp][] = [
      [folder, /cannot be written: it is a directory$/],
      [path, /cannot be written: it is a link that leads nowhere$/],
      [join(folder, "none", "x"), /cannot be written: ENOENT/],
    ];
    for (const [path, message] of unusable) {
      await expect(createNewFile(path)).rejects.toMatchObject({
        message: expect.stringMatching(message),
        exitStatus: 2,
      });
    }
  });
});
