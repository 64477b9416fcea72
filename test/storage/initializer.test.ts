import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { VersionRegistry } from "../../gen/kserve/versions/v1/version_registry_pb.ts";
import { runCli, startCli } from "../cli/support/run-cli.ts";
import { type ChildService, startChildService } from "../support/child-service.ts";
import { until } from "../support/until.ts";
import { ways } from "../support/ways.ts";
import { forbiddenArtifacts, hostileModelUris } from "./support/hostile-uris.ts";

const token = "hunter2-token";

/**
 * Stands in for Python with kserve-storage, which a suite of its own runs: writes two files, or does what the last part
 * of the address says.
 */
const downloader = `#!${process.execPath}
const fs = require("node:fs");
const { uri, folder } = JSON.parse(fs.readFileSync(0, "utf8"));
fs.appendFileSync(process.env.CALLS, JSON.stringify({ uri, token: process.env.MODEL_REGISTRY_TOKEN ?? null }) + "\\n");
fs.mkdirSync(folder + "/1");
fs.writeFileSync(folder + "/model.bin", "weights");
fs.writeFileSync(folder + "/1/config.json", "{}");
const link = (to, at) => fs.symlinkSync(to, folder + "/" + at);
if (uri.endsWith("/pipe")) require("node:child_process").execFileSync("mkfifo", [folder + "/1/pipe"]);
if (uri.endsWith("/link-out")) link("../../../secret", "1/secret");
if (uri.endsWith("/link-far")) link("/dev/zero", "weights");
if (uri.endsWith("/link-lost")) link("nothing", "lost");
if (uri.endsWith("/link-in")) link("../model.bin", "1/model.bin");
if (uri.endsWith("/line-break")) fs.writeFileSync(folder + "/a\\nb", "");
console.log("Copying contents of " + uri + " to local");
if (uri.endsWith("/fails")) { fs.writeSync(3, "S3 bucket 'models' does not exist, see http://x/?X-Amz-Signature=hunter2"); process.exit(1); }
if (uri.endsWith("/dies")) process.kill(process.pid, "SIGKILL");
if (uri.endsWith("/hangs")) setInterval(() => {}, 1000);
`;
const treeDigest = (): string => {
  const hash = (text: string) => createHash("sha256").update(text).digest("hex");
  return `sha256:${hash(`${hash("{}")}  ./1/config.json\n${hash("weights")}  ./model.bin\n`)}`;
};

let service: ChildService;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "kserve-model-registry-storage-"));
  writeFileSync(join(folder, "python"), downloader);
  chmodSync(join(folder, "python"), 0o755);
  service = await startChildService({ env: { DATABASE_URL: "sqlite::memory:" } });
  const { transport, close } = ways[0]!.create(service.url);
  const client = createClient(VersionRegistry, transport);
  const register = (version: string, uri: string, digest?: string) =>
    client.registerVersion({
      registeredModel: { name: "org/disk" },
      modelVersion: { name: version },
      artifacts: [
        {
          sort: { case: "modelArtifact", value: { uri } },
          customProperties: digest === undefined ? {} : { digest: { value: { case: "stringValue", value: digest } } },
        },
      ],
    } as never);
  await register("fails", "s3://models/fails");
  await register("dies", "s3://models/dies");
  await register("hangs", "s3://models/hangs");
  await register("pvc", "pvc://claim/disk");
  await register("metadata", "http://169.254.169.254/latest");
  await register("other", `s3://models/disk`, `sha256:${"0".repeat(64)}`);
  for (const hostile of ["pipe", "link-out", "link-far", "link-lost"])
    await register(hostile, `s3://models/${hostile}`);
  for (const hostile of ["link-in", "line-break"]) await register(hostile, `s3://models/${hostile}`, treeDigest());
  await register("git", "https://git.example/disk.git");
  await register("odd", `s3://models/disk`, "md5:1");
  await register("1.0", "s3://models/disk/1.0", treeDigest());
  await client.setAlias({ name: "org/disk", alias: "champion", version: "1.0" });
  close();
});
afterAll(async () => {
  await service?.close();
  rmSync(folder, { recursive: true, force: true });
});

let next = 0;

/** A destination and the environment of a run. */
function prepare(more: Readonly<Record<string, string>> = {}) {
  const run = join(folder, String(next++));
  mkdirSync(run);
  const calls = () => {
    const path = join(run, "calls");
    return existsSync(path)
      ? readFileSync(path, "utf8")
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line))
      : [];
  };
  const env = {
    MODEL_REGISTRY_BASE_URL: new URL(service.url).host,
    MODEL_REGISTRY_TOKEN: token,
    STORAGE_INITIALIZER_PYTHON: join(folder, "python"),
    CALLS: join(run, "calls"),
    ...more,
  };
  return { destination: join(run, "models"), env, calls, run };
}

const initialize = (env: Readonly<Record<string, string>>, ...args: readonly string[]) =>
  runCli(["storage-initializer", ...args], { env });

describe("storage-initializer", () => {
  it.each(["org%2Fdisk", "org%2Fdisk/1.0", "org%2Fdisk@champion"])("brings the files of %s", async (reference) => {
    const { destination, env, calls } = prepare();
    mkdirSync(join(destination, ".kserve-model-registry-left"), { recursive: true });
    writeFileSync(join(destination, "model.bin"), "of the version before");
    const ended = await initialize(env, `model-registry://${reference}`, destination);
    expect(ended).toMatchObject({ status: 0, err: "" });
    expect(ended.out).toContain(`model org/disk, version 1.0: ready in ${destination}\n`);
    expect(readdirSync(destination).sort()).toEqual(["1", "model.bin"]);
    expect(readFileSync(join(destination, "model.bin"), "utf8")).toBe("weights");
    // The token is the registry's alone.
    expect(calls()).toEqual([{ uri: "s3://models/disk/1.0", token: null }]);
  });

  it("names a destination that it cannot write to", async () => {
    const { run, env } = prepare();
    writeFileSync(join(run, "file"), "");
    for (const destination of [join(run, "file"), ""]) {
      const { status, err } = await initialize(env, "model-registry://org%2Fdisk/1.0", destination);
      expect(status).toBe(1);
      expect(err).toContain(`the destination ${JSON.stringify(destination)} is not a writable directory: `);
    }
  });

  it("brings the files of several, or of none", async () => {
    const { run, env, calls } = prepare({ ALLOWED_ARTIFACT_URI_PREFIXES: "s3://models/disk,s3://models/fails" });
    const [first, second] = [join(run, "a"), join(run, "b")];
    const good = ["model-registry://org%2Fdisk/1.0", first];
    expect(await initialize(env, ...good, "s3://models/disk/plain", second)).toMatchObject({ status: 0, err: "" });
    expect([readdirSync(first).length, readdirSync(second).length]).toEqual([2, 2]);
    rmSync(first, { recursive: true });
    rmSync(second, { recursive: true });
    const half = await initialize(env, ...good, "model-registry://org%2Fdisk/fails", second);
    expect(half.status).toBe(1);
    expect([readdirSync(first), readdirSync(second)]).toEqual([[], []]);
    // Nothing is downloaded before all is found and allowed.
    const before = calls().length;
    expect(await initialize(env, ...good, "s3://elsewhere/x", second)).toMatchObject({ status: 1 });
    expect(calls().length).toBe(before);
  });

  it.each([
    ["org%2Fdisk/fails", "model org/disk, version fails: S3 bucket 'models' does not exist, see http://x/?..."],
    ["org%2Fdisk/dies", "model org/disk, version dies: KServe's downloader ended with null"],
    ["org%2Fdisk/pvc", 'model org/disk, version pvc: the files are at "pvc://claim/disk", which KServe mounts only'],
    ["org%2Fdisk/metadata", "model org/disk, version metadata: 169.254.169.254 is link-local or a metadata service"],
    ["org%2Fdisk/other", `model org/disk, version other: the files have the digest ${treeDigest()}, and the artifact`],
    ["org%2Fdisk/odd", 'model org/disk, version odd: the digest of the artifact is "md5:1"; expected sha256:'],
    [
      "org%2Fdisk/pipe",
      'model org/disk, version pipe: the files contain "1/pipe", which is neither a file nor a directory',
    ],
    [
      "org%2Fdisk/link-out",
      'model org/disk, version link-out: the link "1/secret" among the files points outside their directory or to nothing',
    ],
    [
      "org%2Fdisk/link-far",
      'model org/disk, version link-far: the link "weights" among the files points outside their directory or to nothing',
    ],
    [
      "org%2Fdisk/link-lost",
      'model org/disk, version link-lost: the link "lost" among the files points outside their directory or to nothing',
    ],
    [
      "org%2Fdisk/link-in",
      'model org/disk, version link-in: the artifact has a digest, which does not cover a link: "1/model.bin"',
    ],
    [
      "org%2Fdisk/line-break",
      "model org/disk, version line-break: the artifact has a digest, which does not cover a file whose name has a line break",
    ],
    ["org%2Fdisk/9", "model org/disk, version 9: "],
    ["none", "model none, newest version: "],
    ["org%2Fdisk@none", "model org/disk, alias none: "],
    ["a/b/c", 'the registry "a" may not be called; list it in MODEL_REGISTRY_ALLOWED_HOSTS, or leave it out'],
  ])("%s fails in one line, and leaves nothing: %s", async (reference, message) => {
    const { destination, env } = prepare();
    const ended = await initialize(env, `model-registry://${reference}`, destination);
    expect(ended.status).toBe(1);
    expect(ended.err.startsWith(`error: ${message}`), ended.err).toBe(true);
    expect(ended.err.split("\n").length).toBe(2);
    expect(ended.err + ended.out).not.toContain("hunter2");
    expect(existsSync(destination) ? readdirSync(destination) : []).toEqual([]);
  });

  it("has a password of Git sent to no host but those that are allowed", async () => {
    const refused = prepare({ GIT_PASSWORD: "hunter2" });
    const { status, err } = await initialize(refused.env, "model-registry://org%2Fdisk/git", refused.destination);
    expect({ status, calls: refused.calls() }).toEqual({ status: 1, calls: [] });
    expect(err).toContain("model org/disk, version git: the files are in a Git repository, whose host would be sent");

    for (const more of [{}, { GIT_PASSWORD: "hunter2", ALLOWED_ARTIFACT_URI_PREFIXES: "https://git.example/" }]) {
      const allowed = prepare(more);
      expect(await initialize(allowed.env, "model-registry://org%2Fdisk/git", allowed.destination)).toMatchObject({
        status: 0,
      });
      expect(allowed.calls()).toHaveLength(1);
    }
  });

  it("says what is wrong with its variables, its program, and a registry that is none", async () => {
    const { destination, env } = prepare();
    const of = async (more: Readonly<Record<string, string>>) =>
      (await initialize({ ...env, ...more }, "model-registry://org%2Fdisk/1.0", destination)).err;
    expect(await of({ MODEL_REGISTRY_SCHEME: "ftp" })).toMatch(/^error: MODEL_REGISTRY_SCHEME: expected [^\n]*\n$/);
    expect(await of({ MODEL_REGISTRY_TOKEN_FILE: "/none" })).toMatch(
      /MODEL_REGISTRY_TOKEN_FILE: \/none cannot be read/,
    );
    expect(await of({ STORAGE_INITIALIZER_PYTHON: "/none" })).toMatch(
      /\/none was not found; set STORAGE_INITIALIZER_PYTHON/,
    );
    const other = await record(() => "<html>");
    expect(await of({ MODEL_REGISTRY_BASE_URL: other.host })).toMatch(/does not answer like a registry of versions/);
  });

  it("ends a download on a signal, and leaves nothing", async () => {
    const { destination, env, calls } = prepare();
    const cli = startCli(["storage-initializer", "model-registry://org%2Fdisk/hangs", destination], { env });
    await until(() => calls().length === 1 && readdirSync(readdirOnly(destination)).length === 2);
    cli.interrupt();
    expect(await cli.status).toBe(1);
    expect(cli.err()).toBe("error: interrupted; nothing was written\n");
    expect(readdirSync(destination)).toEqual([]);
  });
});

const readdirOnly = (path: string): string => join(path, readdirSync(path)[0] ?? "");

/** A server that notes what it is asked, and answers each request with what a function gives. */
async function record(answer: (request: IncomingMessage) => string) {
  const requests: { readonly url: string; readonly authorization: string | undefined }[] = [];
  const server = createServer((request, response) => {
    requests.push({ url: request.url ?? "", authorization: request.headers.authorization });
    response.setHeader("content-type", "application/json");
    response.end(answer(request));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  const { port } = server.address() as AddressInfo;
  return { host: `127.0.0.1:${port}`, port, requests };
}

describe("hostile addresses", () => {
  const resolvedTo = (uri: string) => JSON.stringify({ modelVersion: { name: "1" }, artifact: {}, uri });

  it("of versions reach no registry but those that are allowed, and no other gets the token", {
    timeout: 60_000,
  }, async () => {
    const canary = await record(() => resolvedTo("s3://models/x"));
    const base = await record(() => "{}");
    const { destination, env, calls } = prepare({ MODEL_REGISTRY_BASE_URL: base.host });
    for (const template of hostileModelUris) {
      const uri = template.replaceAll("{canary}", canary.host).replaceAll("{canaryPort}", String(canary.port));
      const ended = await initialize(env, uri, destination);
      expect.soft(ended.status, uri).not.toBe(0);
      expect.soft(ended.err, uri).toMatch(/^error: [^\n]+\n$/);
      expect.soft(ended.err + ended.out, uri).not.toContain(token);
    }
    expect(canary.requests).toEqual([]);
    expect(new Set(base.requests.map(({ authorization }) => authorization))).toEqual(new Set([`Bearer ${token}`]));
    expect(calls()).toEqual([]);
    // The canary sings where it is allowed.
    const allowed = { ...env, MODEL_REGISTRY_ALLOWED_HOSTS: canary.host };
    expect(await initialize(allowed, `model-registry://${canary.host}/disk/1`, destination)).toMatchObject({
      status: 0,
    });
    expect(canary.requests).toMatchObject([{ authorization: `Bearer ${token}` }]);
  });

  it("of files that a registry gives out are never handed to the downloader", { timeout: 60_000 }, async () => {
    let uri = "";
    const base = await record(() => resolvedTo(uri));
    const { destination, env, calls } = prepare({ MODEL_REGISTRY_BASE_URL: base.host });
    for (uri of forbiddenArtifacts) {
      const ended = await initialize(env, "model-registry://disk/1", destination);
      expect.soft(ended.status, uri).not.toBe(0);
      expect.soft(ended.err, uri).toMatch(/^error: [^\n]+\n$/);
    }
    expect(calls()).toEqual([]);
    expect(base.requests.length).toBe(forbiddenArtifacts.length);
  });
});
