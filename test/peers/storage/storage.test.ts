/** From `register_model` in Python to a prediction, with KServe's own downloader and model server. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type Background, startInBackground } from "../support/background.ts";
import { programs, projectDir } from "../support/paths.ts";
import { startRegistry } from "../support/registry-server.ts";
import { output, run } from "../support/run.ts";

const here = join(projectDir, "test/peers/storage");
const name = "disk-failure-predictor";
const credentials = { AWS_ACCESS_KEY_ID: "reader", AWS_SECRET_ACCESS_KEY: "secret", AWS_DEFAULT_REGION: "us-east-1" };

let folder: string;
let trained: string;
let bucket: Background;
let registry: Background;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "kserve-model-registry-files-"));
  trained = join(folder, "trained");
  await output(programs.kservePython, [join(here, "train.py"), trained]);
  [bucket, registry] = await Promise.all([
    startInBackground({
      name: "s3",
      program: programs.storagePython,
      args: (port) => [join(here, "s3_server.py"), String(port), trained, "disk/2.1.0"],
      readyPath: "/moto-api/",
      readyLine: "the bucket is there",
    }),
    startRegistry("registry-storage", [], { DATABASE_URL: "sqlite::memory:", KSERVE_MODEL_REGISTRY: "" }),
  ]);
});

afterAll(async () => {
  await Promise.all([bucket?.stop(), registry?.stop()]);
  rmSync(folder, { recursive: true, force: true });
});

/** Runs the storage initializer as KServe does. */
async function initialize(source: string, more: Readonly<Record<string, string>> = {}) {
  const destination = mkdtempSync(join(folder, "models-"));
  const outcome = await run(
    process.execPath,
    [join(projectDir, "src/main.ts"), "storage-initializer", source, destination],
    {
      env: {
        MODEL_REGISTRY_BASE_URL: registry.address,
        STORAGE_INITIALIZER_PYTHON: programs.storagePython,
        AWS_ENDPOINT_URL: bucket.url,
        ...credentials,
        ...more,
      },
    },
  );
  return { ...outcome, destination, files: readdirSync(destination, { recursive: true }).sort() };
}

/** The digest as docs/VERSIONS.md has it made. */
async function shellDigest(of: string): Promise<string> {
  const command = "find . -type f | LC_ALL=C sort | xargs sha256sum | sha256sum";
  const { stdout } = await run("sh", ["-c", command], { cwd: of });
  return `sha256:${stdout.slice(0, 64)}`;
}

it("goes from a version that Python registers to a prediction", { timeout: 180_000 }, async () => {
  const digest = await shellDigest(trained);
  const registered = [join(here, "register.py"), registry.url, "s3://models/disk/2.1.0", digest];
  expect(await output(programs.registryPython, registered)).toContain("registered");

  const initialized = await initialize(`model-registry://${name}/2.1.0`);
  expect(initialized).toMatchObject({ code: 0, stderr: "" });
  expect(initialized.files).toEqual(["model.joblib", "notes", "notes/features.json"]);
  expect(readFileSync(join(initialized.destination, "model.joblib"))).toEqual(
    readFileSync(join(trained, "model.joblib")),
  );

  const server = await startInBackground({
    name: "kserve-storage",
    program: programs.kservePython,
    args: (port) => [join(here, "serve.py"), `--http_port=${port}`, "--enable_grpc=false", "--workers=1"],
    env: () => ({ MODEL_DIR: initialized.destination }),
    readyPath: `/v1/models/${name}`,
    startTimeoutMs: 120_000,
  });
  onTestFinished(async () => void (await server.stop()));
  await declareFeatures();
  const frontDoor = await startRegistry(
    "registry-front",
    [{ name, service: name, type: "predictive", url: server.url, version: `${name}/2.1.0` }],
    { VERSIONS_URL: registry.url },
  );
  onTestFinished(async () => void (await frontDoor.stop()));
  await expect
    .poll(async () => (await (await fetch(`${frontDoor.url}/api/v1/models/${name}`)).json()) as object)
    .toMatchObject({ inputFeatures: [{ name: "disk_utilization" }, { name: "disk_age_days" }] });
  const predict = (instances: readonly object[]) =>
    call(frontDoor.url, "registry", "ModelRegistry/Predict", { name, instances });
  const rows = [
    { disk_age_days: 1500, disk_utilization: 95 },
    { disk_age_days: 100, disk_utilization: 20 },
  ];
  expect(await predict(rows)).toMatchObject({ status: 200, body: { predictions: [1, 0], modelVersion: "2.1.0" } });
  expect(await predict([{ disk_age_days: 1 }])).toMatchObject({ status: 400 });
});

/** Calls a method of one of the services by Connect with JSON. */
async function call(url: string, part: string, method: string, message: object) {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify(message);
  const answer = await fetch(`${url}/kserve.${part}.v1.${method}`, { method: "POST", headers, body });
  return { status: answer.status, body: (await answer.json()) as Record<string, { id: string }> };
}

/** Declares the features of the version, which Kubeflow's client has no words for. */
async function declareFeatures(): Promise<void> {
  const versions = (method: string, message: object) =>
    call(registry.url, "versions", `VersionRegistry/${method}`, message);
  const model = await versions("GetRegisteredModel", { name });
  const registeredModelId = model.body.registeredModel!.id;
  const version = await versions("GetModelVersion", { name: "2.1.0", registeredModelId });
  const inputFeatures = ["disk_utilization", "disk_age_days"].map((feature) => ({
    name: feature,
    type: "FEATURE_TYPE_NUMBER",
  }));
  const modelVersion = { id: version.body.modelVersion!.id, inputFeatures };
  expect(await versions("UpdateModelVersion", { modelVersion, updateMask: "inputFeatures" })).toMatchObject({
    status: 200,
  });
}

/** A file server. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("KServe's downloader behind the storage initializer", () => {
  it("reads over HTTP, and says what S3 says of a bucket that is not there", async () => {
    const url = await serve((_, response) => {
      response.setHeader("content-type", "application/octet-stream");
      response.end("weights");
    });
    const found = await initialize(`${url}/disk/model.bin?X-Amz-Signature=hunter2`);
    expect(found).toMatchObject({ code: 0, stderr: "", files: ["model.bin"] });
    expect(found.stdout).not.toContain("hunter2");

    const lost = await initialize("s3://elsewhere/disk");
    expect(lost).toMatchObject({ code: 1, files: [] });
    expect(lost.stderr).toMatch(/^error: "s3:\/\/elsewhere\/disk": S3 [^\n]*elsewhere[^\n]*\n$/);
    const nothing = await initialize("s3://models/none");
    expect(nothing.stderr).toMatch(/^error: "s3:\/\/models\/none": Failed to fetch model\. [^\n]*\n$/);
  });

  it.each([
    ["http://169.254.169.254/latest/meta-data/model.bin", {}, "169.254.169.254 is link-local or a metadata service"],
    ["http://0xa9fea9fe/model.bin", {}, "is link-local or a metadata service"],
    ["http://[::ffff:169.254.169.254]/model.bin", {}, "is link-local or a metadata service"],
    ["file:///etc/passwd", {}, "which is not HTTP"],
    ["{canary}/model.bin", { ALLOWED_ARTIFACT_URI_PREFIXES: "{url}" }, "not among ALLOWED_ARTIFACT_URI_PREFIXES"],
    [
      "http://localhost:{canaryPort}/model.bin",
      { "127.0.0.1-headers": '{"x-token": "hunter2"}' },
      "which the headers of its own host must not reach",
    ],
  ])("follows no redirect to %s with %j", async (target, env, message) => {
    let sung = 0;
    const canary = await serve((_, response) => {
      sung++;
      response.setHeader("content-type", "application/octet-stream");
      response.end("x");
    });
    const filled = (text: string) =>
      text.replaceAll("{canary}", canary).replaceAll("{canaryPort}", new URL(canary).port);
    const url = await serve((_, response) => {
      response.writeHead(302, { location: filled(target) }).end();
    });
    const given = Object.fromEntries(Object.entries(env).map(([key, value]) => [key, value.replaceAll("{url}", url)]));
    const outcome = await initialize(`${url}/model.bin`, given);
    expect(outcome.stderr).toContain(message);
    expect(outcome).toMatchObject({ code: 1, files: [] });
    expect(outcome.stderr.split("\n")).toHaveLength(2);
    expect(sung).toBe(0);
    expect(existsSync(outcome.destination)).toBe(true);
  });
});
