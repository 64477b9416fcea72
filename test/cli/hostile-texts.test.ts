import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { expect, it, onTestFinished } from "vitest";
import { printable } from "../../src/cli/output/printable.ts";
import { readFile } from "../../src/cli/read-file.ts";

it("shows nothing that a terminal would act on, or that text would look otherwise by", () => {
  expect(printable("a\u001b[2J\u009b31m\r\n\u202ereversed\u2066x\u2069")).toBe(
    "a\\u001b[2J\\u009b31m\\u000d\\n\\u202ereversed\\u2066x\\u2069",
  );
  expect(printable("שלום, größe\u200f")).toBe("שלום, größe\u200f");
});

it("reads standard input without the byte order mark that some shells put before it", async () => {
  expect(await readFile("-", Readable.from([Buffer.from("\ufeffmod"), Buffer.from("els: []")]))).toBe("models: []");
});

it("reads no file of more than 64 MiB, nor one without end", async () => {
  const folder = mkdtempSync(join(tmpdir(), "kserve-model-registry-files-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "sparse.yaml");
  writeFileSync(path, "");
  truncateSync(path, 2 ** 40);
  const tooLarge = "exceeds the limit of 67108864 bytes";
  await expect(readFile(path, Readable.from([]))).rejects.toThrow(tooLarge);
  await expect(readFile("/dev/zero", Readable.from([]))).rejects.toThrow(tooLarge);
  const endless = Readable.from(
    (function* () {
      for (;;) yield Buffer.alloc(1024 * 1024);
    })(),
  );
  await expect(readFile("-", endless)).rejects.toThrow(tooLarge);
  await expect(readFile(folder, Readable.from([]))).rejects.toThrow("cannot be read");
  expect(await readFile("-", Readable.from(["grö", "ße"]))).toBe("größe");
});
