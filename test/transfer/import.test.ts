import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FileSource } from "../../src/transfer/record-lines.ts";
import { withStore as withStoreOf } from "../../src/versions/database-commands.ts";
import type { VersionStore } from "../../src/versions/ports.ts";
import { runCli } from "../cli/support/run-cli.ts";
import { page, peerAnswers, startPeer } from "./support/peer-answers.ts";

const v1 = "/api/model_registry/v1";

let folder: string;
let env: Readonly<Record<string, string>>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "import-"));
  env = { DATABASE_URL: `sqlite:${join(folder, "versions.db")}` };
});
afterEach(() => rmSync(folder, { recursive: true }));

function withStore<T>(use: (store: VersionStore) => Promise<T>): Promise<T> {
  return withStoreOf({ kind: "sqlite", path: join(folder, "versions.db") }, use);
}

/** A peer with one model, and further models as they are given. */
function peerWith(...models: readonly object[]) {
  const lists = ["model_versions", "serving_environments", "inference_services", "artifacts"];
  return startPeer({
    [`${v1}/registered_models`]: page(models),
    ...Object.fromEntries(lists.map((list) => [`${v1}/${list}`, page([])])),
  });
}

const model = {
  id: "1",
  name: "fraud",
  state: "LIVE",
  customProperties: {},
  createTimeSinceEpoch: "1000",
  lastUpdateTimeSinceEpoch: "2000",
};

describe.each(["v1", "v1alpha3"])("import from a registry of Kubeflow's that speaks %s", (version) => {
  it("keeps ids, times and parents, and names what cannot be kept", async () => {
    const { url } = await startPeer(peerAnswers(`/api/model_registry/${version}`));
    const { status, out, err } = await runCli(["import", "--from", url, "-o", "json"], { env });
    // The version of a model that is not there is left out; all else is equal.
    expect(status).toBe(1);
    expect(err).toMatch(/error: 1 record differs from the source\n$/);
    const report = JSON.parse(out);
    expect(report.problems).toEqual([
      { record: "model version 7 (x)", problem: "its registered model 99 does not exist, or could not be copied" },
    ]);
    expect(report.kinds).toMatchObject({
      registeredModel: { read: 2, written: 2, equal: 2, here: 2 },
      modelVersion: { read: 2, written: 1, equal: 1, here: 1 },
      modelArtifact: { read: 1, equal: 1 },
      metric: { read: 1, equal: 1 },
      docArtifact: { read: 1, equal: 1 },
      servingEnvironment: { equal: 1 },
      inferenceService: { equal: 1 },
      serveModel: { equal: 1 },
      alias: { read: 0 },
    });
    await withStore(async (store) => {
      expect(await store.get("registeredModel", { name: "fraud" })).toMatchObject({
        id: "1",
        createTime: 1_700_000_000_000,
        updateTime: 1_700_000_005_000,
        properties: expect.stringContaining(Buffer.from('{"depth":3}').toString("base64")),
      });
      expect(await store.get("modelVersion", { id: "2" })).toMatchObject({ fields: { state: "ARCHIVED" } });
      expect(await store.get("metric", { id: "2" })).toMatchObject({ fields: { modelVersionId: "2", step: "4" } });
      expect(await store.get("docArtifact", { id: "3" })).not.toHaveProperty("fields.modelVersionId");
      expect(await store.get("serveModel", { id: "1" })).toMatchObject({ fields: { inferenceServiceId: "4" } });
      // Ids that are given out here come after those of the source.
      const { id } = await store.create("registeredModel", { fields: { name: "new" } });
      expect(Number(id)).toBeGreaterThan(5);
    });
  });
});

describe("import", () => {
  it("writes nothing twice, and catches up with what the source has changed", async () => {
    const first = await peerWith(model);
    expect(await runCli(["import", "--from", first.url], { env })).toMatchObject({
      status: 0,
      out: expect.stringMatching(/registered-model +1 +1 +1 +1\n/),
    });
    expect((await runCli(["import", "--from", first.url], { env })).out).toMatch(/registered-model +1 +0 +1 +1\n/);
    const later = await peerWith({ ...model, description: "finds fraud", lastUpdateTimeSinceEpoch: "3000" });
    expect((await runCli(["import", "--from", later.url], { env })).out).toMatch(/registered-model +1 +1 +1 +1\n/);
    await withStore(async (store) => {
      expect(await store.get("registeredModel", { id: "1" })).toMatchObject({
        updateTime: 3000,
        fields: { description: "finds fraud" },
      });
    });
  });

  it("only compares with --check", async () => {
    const { url } = await peerWith(model);
    const check = ["import", "--from", url, "--check"];
    expect(await runCli(check, { env })).toMatchObject({
      status: 1,
      out: expect.stringContaining("registered model 1 (fraud): is not here\n"),
    });
    await runCli(["import", "--from", url], { env });
    expect(await runCli(check, { env })).toMatchObject({ status: 0 });
  });

  it("leaves what was changed here since, and others with the same id, until --replace says so", async () => {
    const { url } = await peerWith(model, { ...model, id: "2", name: "other" });
    await withStore(async (store) => {
      const mine = { kind: "registeredModel", createTime: 1000, updateTime: 9000 } as const;
      await store.import([
        { ...mine, id: "1", fields: { name: "fraud", description: "mine" } },
        { ...mine, id: "2", fields: { name: "mine" } },
      ]);
    });
    const refused = await runCli(["import", "--from", url], { env });
    expect(refused).toMatchObject({ status: 1, err: expect.stringMatching(/error: 2 records differ from/) });
    expect(refused.out).toContain("registered model 1 (fraud): has been changed here since; it is kept");
    expect(refused.out).toContain("registered model 2 (other): another one, mine, has its ID here");
    expect(await runCli(["import", "--from", url, "--replace"], { env })).toMatchObject({ status: 0 });
    await withStore(async (store) => {
      expect((await store.get("registeredModel", { id: "2" })).name).toBe("other");
    });
  });

  it("continues without a record that cannot be stored, and names it", async () => {
    const long = { ...model, id: "2", name: "x".repeat(256) };
    const taken = { ...model, id: "3" };
    const { url } = await peerWith(model, long, taken);
    const { status, out } = await runCli(["import", "--from", url], { env });
    expect(status).toBe(1);
    expect(out).toMatch(/registered-model +3 +1 +1 +1\n/);
    expect(out).toMatch(/registered model 2 \(x+\): name: 256 characters; at most 255\n/);
    expect(out).toMatch(/registered model 3 \(fraud\): .*already/);
  });

  it("blames the other registry, and not the database, for a record that cannot be read", async () => {
    const { url } = await peerWith({ ...model, id: "../1" });
    const { status, err } = await runCli(["import", "--from", url], { env });
    expect(status).toBe(1);
    expect(err).toBe('error: a record of the registry has no numeric ID: "../1"\n');
  });

  it("sends the token of its option, and not the one that is for another server", async () => {
    const { url, tokens } = await peerWith(model);
    const file = join(folder, "token");
    writeFileSync(file, "abc\n");
    await runCli(["import", "--from", url], { env: { ...env, KSERVE_MODEL_REGISTRY_TOKEN_FILE: file } });
    expect(tokens).toEqual([]);
    await runCli(["import", "--from", url, "--token-file", file], { env });
    expect(new Set(tokens)).toEqual(new Set(["Bearer abc"]));
  });

  it.each<[string, string, object | undefined, RegExp]>([
    ["nothing that is a registry", "", undefined, /there is no model registry at this address: neither \/api/],
    ["a refusal", `${v1}/registered_models`, { status: 401, text: "no" }, /answered 401: no; pass a file with a token/],
    [
      "what is not JSON",
      `${v1}/registered_models`,
      { status: 200, text: "<html>" },
      /answered with something other than a JSON object/,
    ],
    ["pages without an end", `${v1}/registered_models x`, page([], "x"), /its pages lead back to each other/],
  ])("says what is wrong with %s", async (_what, path, answer, message) => {
    const base = path.endsWith(" x") ? { [`${v1}/registered_models`]: page([], "x") } : {};
    const { url } = await startPeer({ ...base, ...(answer === undefined ? {} : { [path]: answer }) });
    const { status, err } = await runCli(["import", "--from", url], { env });
    expect(status).toBe(1);
    expect(err).toMatch(message);
  });

  it.each<[string, readonly object[]]>([
    ["lead back to each other", [model]],
    ["are empty", []],
  ])("reads no pages over and over that %s", async (_what, items) => {
    const path = `${v1}/registered_models`;
    const { url } = await startPeer({
      [path]: page(items, "x"),
      [`${path} x`]: page(items.length === 0 ? [] : [{ ...model, id: "2", name: "other" }], "y"),
      [`${path} y`]: page(items, "z"),
      [`${path} z`]: page([], "x"),
    });
    const { status, err } = await runCli(["import", "--from", url], { env });
    expect(status).toBe(1);
    expect(err).toMatch(/its pages lead back to each other/);
  });

  it.each<[readonly string[], Readonly<Record<string, string>>, number, RegExp]>([
    [[], {}, 2, /required option '--from <url\|file>' not specified/],
    [["--from", "http://127.0.0.1:1"], {}, 1, /DATABASE_URL: missing; it says which database/],
    [["--from", "http://127.0.0.1:1"], { DATABASE_URL: "oracle://x" }, 1, /DATABASE_URL/],
    [["--from", "http://a@b"], { DATABASE_URL: "sqlite::memory:" }, 2, /--from: expected an address .* without a user/],
    [["--from", "/nowhere.jsonl"], { DATABASE_URL: "sqlite::memory:" }, 1, /nowhere.jsonl cannot be read: ENOENT/],
    [["--from", "x", "--timeout", "7"], {}, 2, /Expected a duration/],
  ])("is used wrongly with %j", async (args, variables, expected, message) => {
    const { status, err } = await runCli(["import", ...args], { env: variables });
    expect(err).toMatch(message);
    expect(status).toBe(expected);
  });
});

describe("a file of export", () => {
  it("is imported again", async () => {
    const { url } = await startPeer(peerAnswers(v1));
    const file = join(folder, "versions.jsonl");
    const exported = await runCli(["export", "--address", url, "--file", file]);
    expect(exported).toMatchObject({ status: 0, out: expect.stringMatching(/model-version +2\n/) });
    const direct = await runCli(["import", "--from", url, "-o", "json"], {
      env: { DATABASE_URL: `sqlite:${join(folder, "direct.db")}` },
    });
    expect((await runCli(["import", "--from", file, "-o", "json"], { env })).out).toBe(direct.out);
  });

  it("goes to standard output, and what it counts to standard error", async () => {
    const { url } = await peerWith(model);
    const { out, err } = await runCli(["export", "--address", url, "-o", "json"]);
    expect(out).toBe(
      `{"form":"kserve-model-registry/versions","version":1}\n${JSON.stringify({ kind: "registeredModel", record: model })}\n{"records":1}\n`,
    );
    expect(JSON.parse(err)).toEqual({ registeredModel: 1 });
  });

  it("may have a byte order mark, and line ends of Windows", async () => {
    const file = join(folder, "windows.jsonl");
    writeFileSync(file, `\ufeff${first}{"records":0}\n`.replaceAll("\n", "\r\n"));
    expect((await runCli(["import", "--from", file], { env })).status).toBe(0);
  });

  it("is read in batches of bounded size, and not at all where it has no end", async () => {
    const file = join(folder, "large.jsonl");
    const record = JSON.stringify({ kind: "metric", record: { id: "1", name: "x".repeat(3 * 1024 * 1024) } });
    writeFileSync(file, `${first}${`${record}\n`.repeat(7)}{"records":7}\n`);
    const sizes: number[] = [];
    const { signal } = new AbortController();
    for await (const batch of new FileSource(file).batches(signal)) sizes.push(batch.length);
    expect(sizes).toEqual([3, 3, 1]);
    writeFileSync(join(folder, "zeros.jsonl"), first);
    truncateSync(join(folder, "zeros.jsonl"), 2 ** 40);
    const { status, err } = await runCli(["import", "--from", join(folder, "zeros.jsonl")], { env });
    expect(status).toBe(1);
    expect(err).toMatch(/zeros.jsonl:2: more than 67108864 bytes in one line\n$/);
  });

  it.each([
    ["a folder", () => folder, /cannot be read: it is not a file/],
    ["a device", () => "/dev/zero", /cannot be read: it is not a file/],
    [
      "a pipe that nobody writes to",
      () => {
        execFileSync("mkfifo", [join(folder, "pipe")]);
        return join(folder, "pipe");
      },
      /cannot be read: it is not a file, and it is read more than once; write its content to one first/,
    ],
    [
      "a compressed one",
      () => {
        writeFileSync(join(folder, "versions.jsonl.gz"), gzipSync(first));
        return join(folder, "versions.jsonl.gz");
      },
      /:1: not text in UTF-8; it is compressed: unpack it with gunzip first/,
    ],
  ])("is not %s", async (_, path, message) => {
    const { status, err } = await runCli(["import", "--from", path()], { env });
    expect(status).toBe(1);
    expect(err).toMatch(message);
    expect(existsSync(join(folder, "versions.db"))).toBe(false);
  });

  it.each(["postgres://u:hunter2@h/x", "HTTP://u:hunter2@h", "ftp://u:hunter2@h", "", "-"])(
    "is not %j, which is used wrongly, and no password is shown",
    async (from) => {
      const { status, err } = await runCli(["import", "--from", from], { env });
      expect(status).toBe(2);
      expect(err).toMatch(/^error: --from: expected an address/);
      expect(err).not.toContain("hunter2");
    },
  );

  const first = '{"form":"kserve-model-registry/versions","version":1}\n';
  it.each([
    ["", /is incomplete: its last line is missing/],
    [first, /is incomplete: its last line is missing; export it again/],
    ["{}\n", /:1: this is not a file written by `export`/],
    [first.replace("1}", "2}"), /:1: it has version 2 of the format/],
    [`${first}x\n`, /:2: not a JSON object/],
    [`${first}{"kind":"cat","record":{}}\n`, /:2: kind: expected alias, registeredModel/],
    [`${first}{"kind":"metric","record":7}\n`, /:2: record: expected an object/],
    [`${first}{"records":3}\n`, /:2: 0 records; 3 were exported/],
    [`${first}{"records":0}\n{}\n`, /:3: there is more after the last line/],
  ])("is refused as %j", async (text, message) => {
    const file = join(folder, "bad.jsonl");
    writeFileSync(file, text);
    const { status, err } = await runCli(["import", "--from", file], { env });
    expect(status).toBe(1);
    expect(err).toMatch(message);
  });
});
