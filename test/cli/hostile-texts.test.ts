import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { create } from "@bufbuild/protobuf";
import { expect, it, onTestFinished } from "vitest";
import { ModelSchema } from "../../gen/kserve/registry/v1/model_pb.ts";
import { GetModelResponseSchema } from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import { allPages } from "../../src/cli/client/client.ts";
import { describeModel } from "../../src/cli/output/describe-model.ts";
import { printable } from "../../src/cli/output/printable.ts";
import { readFile } from "../../src/cli/read-file.ts";
import { startPeer } from "../transfer/support/peer-answers.ts";
import { runCli } from "./support/run-cli.ts";

it("shows nothing that a terminal would act on, or that text would look otherwise by", () => {
  expect(printable("a\u001b[2J\u009b31m\r\n\u202ereversed\u2066x\u2069")).toBe(
    "a\\u001b[2J\\u009b31m\\u000d\\n\\u202ereversed\\u2066x\\u2069",
  );
  expect(printable("שלום, größe\u200f")).toBe("שלום, größe\u200f");
});

it("reads standard input without the byte order mark that some shells put before it", async () => {
  expect(await readFile("-", Readable.from([Buffer.from("\ufeffmod"), Buffer.from("els: []")]))).toBe("models: []");
});

it("reads no text that is not UTF-8, whose characters would be others in what is made of it", async () => {
  for (const bytes of [Buffer.from("gr\u00f6\u00dfe", "latin1"), Buffer.from("\ufeffmodels: []", "utf16le")]) {
    await expect(readFile("-", Readable.from([bytes]))).rejects.toMatchObject({
      message: "- is not text in UTF-8; convert it first",
      exitStatus: 2,
    });
  }
});

it("shows what a server says in an error without what a terminal would act on", async () => {
  const { url } = await startPeer({
    "/api/model_registry/v1/registered_models": { status: 403, text: "no\u001b[2J\u009b31m\nway" },
  });
  const { status, err } = await runCli(["export", "--address", url]);
  expect(status).toBe(1);
  expect(err).toContain("answered 403: no\\u001b[2J\\u009b31m\nway");
  expect((await runCli(["lint", "\u001b[31m"])).err).toContain("\\u001b[31m cannot be read: ENOENT");
  expect((await runCli(["list", "--\u001b[31m"])).err).toContain("unknown option '--\\u001b[31m'");
});

it("reads standard input once", async () => {
  for (const args of [
    ["lint", "-", "-"],
    ["catalog", "preview", "-", "--data", "-"],
  ]) {
    const { status, err } = await runCli(args, { stdin: "models: []" });
    expect({ status, err }).toEqual({ status: 2, err: "error: -, standard input, can be read only once\n" });
  }
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

it("reads no file of so many values that they would fill the memory, and any number of problems", async () => {
  const many = await runCli(["lint", "-"], { stdin: "- a\n".repeat(2_000_000) });
  expect(many).toMatchObject({
    status: 1,
    out: "-:1:1: error: has more than 1000000 brackets, commas, colons and lines; split it into several files\n",
  });
  const repeated = await runCli(["lint", "-"], {
    stdin: `kind: ModelRegistration\nspec:\n${"  a: b\n".repeat(150_000)}`,
  });
  expect(repeated).toMatchObject({ status: 1, err: expect.stringMatching(/^error: 1500\d\d errors in 1 file\n$/) });
});

it("asks for no pages that lead back to each other", async () => {
  const pages = (token: string) => Promise.resolve({ items: ["a"], nextPageToken: token === "" ? "1" : token });
  const list = ({ pageToken }: { pageToken: string }) => pages(pageToken);
  await expect(
    allPages<{ pageSize: number; pageToken: string }, { items: string[]; nextPageToken: string }, "items">(
      list,
      "items",
      {},
    ),
  ).rejects.toThrow("the server's pages lead back to each other");
});

it("shows a model of a hostile server on a line for each fact", () => {
  const model = create(ModelSchema, { name: "a\u001b[2J", service: "b\nState: ready", namespace: "\u009b31m" });
  const text = describeModel(create(GetModelResponseSchema, { model, typedService: "\u202e" }), "\u0007");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  expect(text).toMatch(/^Service: +b\\nState: ready$/m);
});
