/** The same models of a real KServe server, asked by KServe v1 and by the Open Inference Protocol over REST and gRPC. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../../measure/free-port.ts";
import { Cancellation } from "../../../src/base/cancellation.ts";
import { MemoryBudget } from "../../../src/registry/memory-budget.ts";
import type { RegisteredModel } from "../../../src/registry/model.ts";
import { createUpstream, type Upstream } from "../../../src/upstream/by-protocol.ts";
import { registered } from "../../support/registered.ts";
import { type Background, startInBackground } from "../support/background.ts";
import { programs, projectDir } from "../support/paths.ts";
import { startRegistry } from "../support/registry-server.ts";
import { askByTensor, callersOfRows } from "./callers.ts";

let kserve: Background;
let upstream: Upstream;
let grpcUrl: string;

beforeAll(async () => {
  const grpcPort = await freePort();
  grpcUrl = `http://127.0.0.1:${grpcPort}`;
  kserve = await startInBackground({
    name: "kserve-oip",
    program: programs.kservePython,
    args: (port) => [
      join(projectDir, "test/peers/oip/kserve-models.py"),
      `--http_port=${port}`,
      `--grpc_port=${grpcPort}`,
      "--workers=1",
    ],
    readyPath: "/v1/models/sums",
    startTimeoutMs: 120_000,
  });
  upstream = createUpstream({
    connectTimeoutMs: 1000,
    idleTimeoutMs: 4000,
    maxResponseBytes: 1024 * 1024,
    tls: { caFiles: [], certFile: undefined, keyFile: undefined },
    retries: { share: 0.2 },
    memory: new MemoryBudget(Number.POSITIVE_INFINITY),
  });
});

afterAll(async () => {
  await upstream?.close();
  await kserve?.stop();
});

const overRest = (name: string): RegisteredModel => ({ ...registered({ name, url: kserve.url }), protocol: "v2" });
const overGrpc = (name: string): RegisteredModel => ({ ...registered({ name, url: grpcUrl }), protocol: "grpc-v2" });

async function predict(model: RegisteredModel, instances: readonly unknown[]): Promise<string> {
  const body = Buffer.from(JSON.stringify({ instances }));
  const cancellation = new Cancellation<Error>();
  // As every call has one.
  const headers = { "x-request-id": "1" };
  const answer = await upstream.predict({ model, body, headers, cancellation, holder: undefined });
  return Buffer.from(answer.body).toString();
}

const predictions = async (...call: Parameters<typeof predict>): Promise<unknown> =>
  JSON.parse(await predict(...call)).predictions;

describe("a model of a real KServe server", () => {
  it.each<[string, readonly unknown[], unknown]>([
    [
      "sums",
      [
        [1, 2.5],
        [3, 4],
      ],
      [3.5, 7],
    ],
    [
      "counts",
      [
        [1, 2],
        [3, 4],
      ],
      [3, 7],
    ],
    [
      "signs",
      [
        [1, -2],
        [3, 4],
      ],
      [false, true],
    ],
    [
      "labels",
      [
        [1, 2],
        [3, 4],
      ],
      ["low", "high"],
    ],
    [
      "people",
      [
        { age: 41, city: "Bonn" },
        { age: 2.5, city: "Köln" },
      ],
      [45, 6.5],
    ],
    [
      "several",
      [
        [1, 2],
        [3, 4],
      ],
      [
        { label: "low", shares: [0.25, 0.75] },
        { label: "high", shares: [0.125, 0.875] },
      ],
    ],
  ])("%s predicts the same by v1, by v2 and over gRPC", async (name, rows, expected) => {
    const v1 = {
      ...registered({ name, url: kserve.url }),
      ...(name === "people" ? { inputFormat: "record" as const } : {}),
    };
    expect(await predictions(overGrpc(name), rows)).toEqual(expected);
    expect(await predictions(overRest(name), rows)).toEqual(expected);
    // KServe's v1 makes a frame only of columns in lists.
    const v1Rows =
      name === "people"
        ? rows.map((row) => Object.fromEntries(Object.entries(row as object).map(([key, value]) => [key, [value]])))
        : rows;
    expect(await predictions(v1, v1Rows)).toEqual(expected);
  });

  it.each([
    ["refuses", "MODEL_REJECTED_INPUT", /the rows are too wide/],
    ["fails", "MODEL_FAILED", /gRPC INTERNAL/],
    ["unknown", "MODEL_PATH_NOT_FOUND", /unknown does not exist/],
  ])("%s fails as %s", async (name, reason, words) => {
    await expect(predict(overGrpc(name), [[1]])).rejects.toMatchObject({
      reason,
      message: expect.stringMatching(words),
    });
  });

  it("says whether it is ready, and what it takes", async () => {
    expect(await upstream.checkReadiness(overGrpc("sums"), new Cancellation())).toMatchObject({ state: "ready" });
    expect(await upstream.checkReadiness(overGrpc("unknown"), new Cancellation())).toMatchObject({
      state: "not-ready",
    });
    expect(await upstream.askMetadata(overGrpc("sums"), new Cancellation())).toMatchObject({ inputs: [], outputs: [] });
  });

  it("is distinguished from one whose port speaks REST", async () => {
    const model = { ...overGrpc("sums"), address: { ...overGrpc("sums").address, url: kserve.url } };
    await expect(predict(model, [[1]])).rejects.toMatchObject({ failure: { hint: expect.stringContaining("gRPC") } });
    expect(await upstream.checkReadiness(model, new Cancellation())).toMatchObject({
      state: "not-ready",
      reason: expect.stringContaining("set protocol: v2 in the entry, or give it the port of gRPC"),
    });
  });

  it("of REST is distinguished from one whose port speaks gRPC", async () => {
    const model = { ...overRest("sums"), address: overGrpc("sums").address };
    expect(await upstream.checkReadiness(model, new Cancellation())).toMatchObject({
      state: "not-ready",
      reason: expect.stringContaining("set protocol: grpc-v2 in the entry, or give it the port of REST"),
    });
  });
});

describe.each(["v1", "v2", "grpc-v2"])("every kind of caller of a model that is asked by %s", (protocol) => {
  const names = ["sums", "counts", "signs", "labels", "several"];
  let registry: Background;

  beforeAll(async () => {
    const url = protocol === "grpc-v2" ? grpcUrl : kserve.url;
    const models = names.map((name) => ({ name, type: "predictive", url, protocol }));
    registry = await startRegistry(`kserve-${protocol}`, models);
  });
  afterAll(() => registry?.stop());

  it.each<[string, unknown[]]>([
    ["sums", [3, 7]],
    ["counts", [3, 7]],
    ["signs", [true, true]],
    ["labels", ["low", "high"]],
    [
      "several",
      [
        { label: "low", shares: [0.25, 0.75] },
        { label: "high", shares: [0.125, 0.875] },
      ],
    ],
  ])("gets the same predictions of %s", async (name, expected) => {
    const rows = [
      [1, 2],
      [3, 4],
    ];
    const asked = Object.entries({
      ...callersOfRows,
      ...(typeof expected[0] === "number" ? { tensor: askByTensor } : {}),
    });
    const found = await Promise.all(asked.map(async ([caller, ask]) => [caller, await ask(registry.url, name, rows)]));
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(asked.map(([caller]) => [caller, expected])));
  });
});
