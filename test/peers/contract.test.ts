/** The typed contract of a model, taken by the tools that its callers have, and clients that were made from it. */

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { contractOf } from "../../src/contract/contract.ts";
import { contractText } from "../../src/contract/contract-text.ts";
import { featureSetOf } from "../../src/predict/rows/feature-set.ts";
import type { InputFeature } from "../../src/registry/model.ts";
import { RegistryError } from "../../src/registry/registry-error.ts";
import { inputFeatures, rowsOf } from "../contract/arbitrary-features.ts";
import { entryOf, oddNames } from "../contract/entries.ts";
import { checkRequest } from "../support/at-once.ts";
import type { Background } from "./support/background.ts";
import { cacheDir, programs } from "./support/paths.ts";
import { startRegistry } from "./support/registry-server.ts";
import { output, run } from "./support/run.ts";

const service = "kserve.models.disk_failure_predictor.v1.DiskFailurePredictor";
const fileName = "kserve/models/disk_failure_predictor/v1/disk_failure_predictor.proto";

/** Programs of the virtual environment of `test/peers/contract/requirements.txt`. */
const bin = join(cacheDir, "contract/bin");
const scripts = join(import.meta.dirname, "contract");
const folder = join(cacheDir, "contract-files");

const names = oddNames.filter((name) => name.isWellFormed());
const models = [
  {
    name: "disk-failure-predictor",
    type: "classification",
    description: "Predicts disk failures",
    inputFeatures: [
      { name: "disk_utilization", type: "number", unit: "percent", min: 0, max: 100 },
      { name: "iops", type: "integer", min: 0, default: 5000 },
      { name: "disk_age_days", type: "number", min: 0 },
    ],
    outputFormat: { field: "failure_probability", threshold: 0.7 },
  },
  {
    name: "anomaly-detector",
    type: "anomaly",
    inputFeatures: ["cpu", "memory", "network"],
    outputFormat: { labels: { "-1": "anomaly", "1": "normal" }, threshold: 0, comparison: "<" },
  },
  { name: "3d-echo", model: "echo", type: "predictive", inputFeatures: names, outputFormat: { shape: [names.length] } },
];

const rows = [
  { disk_utilization: 95, disk_age_days: 1000 },
  { disk_utilization: 5, iops: 1, disk_age_days: 1 },
];
const data = JSON.stringify({ instances: rows });
const probability = expect.any(Number);
/** What the forest says of a full old disk and of an empty new one. */
const predictions = [
  { failure_probability: probability, thresholdCrossed: true, prediction: { failure_probability: probability } },
  { failure_probability: probability, prediction: { failure_probability: probability } },
];

let registry: Background;

beforeAll(async () => {
  registry = await startRegistry(
    "registry-contract",
    models.map((model) => ({ url: inject("kserveUrl"), ...model })),
  );
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "proto", dirname(fileName)), { recursive: true });
  writeFileSync(join(folder, "proto", fileName), await contract("disk-failure-predictor", "proto"));
});

afterAll(() => registry.stop());

async function contract(model: string, format: string): Promise<string> {
  const response = await fetch(`${registry.url}/api/v1/models/${model}/contract?format=${format}`);
  expect(response.status).toBe(200);
  return response.text();
}

const bufWays = [
  ["--http2-prior-knowledge", "--protocol", "grpc"],
  ["--http2-prior-knowledge", "--protocol", "grpcweb"],
  ["--http2-prior-knowledge", "--protocol", "connect"],
  ["--http2-prior-knowledge", "--protocol", "grpc", "--reflect-protocol", "grpc-v1alpha"],
  ["--protocol", "connect"],
];

describe.each(bufWays.map((flags) => [flags.join(" "), flags] as const))("buf curl %s", (_, flags) => {
  const bufCurl = (...args: string[]) => run(programs.buf, ["curl", ...flags, ...args], { cwd: "/" });

  it("lists the typed services and their method", async () => {
    const { stdout } = await bufCurl("--list-services", registry.url);
    expect(stdout.split("\n").filter((line) => line.startsWith("kserve.models."))).toEqual([
      "kserve.models.anomaly_detector.v1.AnomalyDetector",
      service,
      "kserve.models.model_3d_echo.v1.Model3dEcho",
    ]);
    expect((await bufCurl("--list-methods", registry.url)).stdout).toContain(`${service}/Predict`);
  });

  it("gets typed predictions", async () => {
    const { stdout, stderr } = await bufCurl("--data", data, `${registry.url}/${service}/Predict`);
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual({ predictions });
  });

  it("shows what is wrong by its field", async () => {
    const { code, stderr } = await bufCurl(
      "--data",
      '{"instances":[{"iops":-1}]}',
      `${registry.url}/${service}/Predict`,
    );
    expect(code).not.toBe(0);
    expect(stderr).toContain("instances[0].iops: -1 is below the limit of 0 (and 2 more)");
  });

  it("round-trips every unusual name", async () => {
    const row = Object.fromEntries(names.map((name, i) => [name, i]));
    // The names that compilers do not take are called as in the .proto file.
    delete row["[x]"];
    delete row["nul\0character"];
    const renamed = { ...row, x_2: names.indexOf("[x]"), nul_character: names.indexOf("nul\0character") };
    const { stdout, stderr } = await bufCurl(
      "--data",
      JSON.stringify({ instances: [renamed] }),
      `${registry.url}/kserve.models.model_3d_echo.v1.Model3dEcho/Predict`,
    );
    expect(stderr).toBe("");
    const all = names.map((_, i) => i);
    expect(JSON.parse(stdout)).toEqual({ predictions: [{ values: all, prediction: all }] });
  });
});

describe("grpcurl", () => {
  const grpcurl = (...args: string[]) => output(programs.grpcurl, ["-plaintext", ...args]);

  it("lists, describes and calls", async () => {
    expect(await grpcurl(registry.address, "list")).toContain(service);
    expect(await grpcurl(registry.address, "describe", service)).toContain("rpc Predict (");
    const instance = await grpcurl(registry.address, "describe", "kserve.models.disk_failure_predictor.v1.Instance");
    expect(instance).toContain("optional int64 iops = 2");
    expect(JSON.parse(await grpcurl("-d", data, registry.address, `${service}/Predict`))).toEqual({ predictions });
  });

  it("gets labels and thresholds of whole numbers", async () => {
    const answer = await grpcurl(
      "-d",
      '{"instances":[{"cpu":0.5,"memory":0.5,"network":0.5},{"cpu":9,"memory":9,"network":9}]}',
      registry.address,
      "kserve.models.anomaly_detector.v1.AnomalyDetector/Predict",
    );
    expect(JSON.parse(answer)).toEqual({
      predictions: [
        { value: 1, label: "normal", prediction: 1 },
        { value: -1, label: "anomaly", thresholdCrossed: true, prediction: -1 },
      ],
    });
  });
});

describe("protoc", () => {
  const protoc = (...args: string[]) =>
    output(programs.clientPython, ["-m", "grpc_tools.protoc", "-I", join(folder, "proto"), ...args]);

  it("makes the descriptor of the text that grpcurl gets by reflection", async () => {
    const compiled = join(folder, "compiled.binpb");
    const reflected = join(folder, "reflected.binpb");
    await protoc("--descriptor_set_out", compiled, fileName);
    await output(programs.grpcurl, ["-plaintext", "-protoset-out", reflected, registry.address, "describe", service]);
    const fileOf = (path: string) =>
      fromBinary(FileDescriptorSetSchema, readFileSync(path)).file.find(({ name }) => name === fileName);
    expect(fileOf(compiled)).toBeDefined();
    expect(fileOf(reflected)).toEqual(fileOf(compiled));
  });

  it("accepts every unusual name", async () => {
    const model = entryOf({ name: "odd", inputFeatures: oddNames });
    const { names: contractNames } = contractOf(model)!;
    const path = join(folder, "proto", contractNames.fileName);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, contractText(model, contractOf(model)!, "proto").text);
    await protoc("--descriptor_set_out", join(folder, "odd.binpb"), contractNames.fileName);
  });

  it("makes a Python client that predicts", async () => {
    const stubs = join(folder, "python");
    mkdirSync(stubs, { recursive: true });
    await protoc("--python_out", stubs, "--grpc_python_out", stubs, fileName);
    const lines = (
      await output(programs.clientPython, [join(scripts, "grpc_client.py"), registry.address, stubs])
    ).split("\n");
    expect(JSON.parse(lines[0]!)).toEqual({ predictions });
    expect(lines[1]).toMatch(
      /^INVALID_ARGUMENT instances\[0\]\.disk_utilization: 101 is above the limit of 100 percent/,
    );
  });
});

it("protoc-gen-es makes a TypeScript client that predicts", async () => {
  const plugin = { local: "protoc-gen-es", out: "es", opt: ["target=ts", "import_extension=ts"] };
  await output(
    programs.buf,
    [
      "generate",
      join(folder, "proto"),
      "--path",
      join(folder, "proto", fileName),
      "--template",
      JSON.stringify({ version: "v2", plugins: [plugin] }),
      "--output",
      folder,
    ],
    {
      env: { PATH: `${dirname(programs.buf)}:${process.env.PATH}` },
    },
  );
  const { DiskFailurePredictor } = await import(join(folder, "es", fileName.replace(/\.proto$/, "_pb.ts")));
  const client = createClient(DiskFailurePredictor, createGrpcTransport({ baseUrl: registry.url })) as unknown as {
    predict(request: object): Promise<{ predictions: { failureProbability?: number; thresholdCrossed: boolean }[] }>;
  };
  const response = await client.predict({
    instances: [
      { diskUtilization: 95, iops: 5000n, diskAgeDays: 1000 },
      { diskUtilization: 5, diskAgeDays: 1 },
    ],
  });
  expect(response.predictions.map(({ thresholdCrossed }) => thresholdCrossed)).toEqual([true, false]);
  expect(response.predictions[0]!.failureProbability).toBeGreaterThan(0.7);
});

describe("the JSON schema", () => {
  it("allows exactly what the service takes, as Python's jsonschema reads it", async () => {
    const cases = fc.sample(casesOfRequests, { numRuns: 200, seed: 6 });
    const verdicts = JSON.parse(
      await output(join(bin, "python"), [join(scripts, "validate.py")], { stdin: JSON.stringify(cases) }),
    ) as boolean[][];
    for (const [i, { features, requests }] of cases.entries()) {
      const model = entryOf({ name: "any", inputFeatures: features });
      for (const [j, request] of requests.entries()) {
        const text = JSON.stringify(request);
        expect(verdicts[i]![j], `${text} for ${JSON.stringify(features)}`).toBe(isTaken(model, text));
      }
    }
    const taken = verdicts.flat();
    expect(taken.filter((yes) => yes).length).toBeGreaterThan(100);
    expect(taken.filter((yes) => !yes).length).toBeGreaterThan(100);
  });
});

function isTaken(model: ReturnType<typeof entryOf>, text: string): boolean {
  try {
    checkRequest(Buffer.from(text), featureSetOf(model), { maxJsonDepth: 64 });
    return true;
  } catch (error) {
    if (error instanceof RegistryError) return false;
    throw error;
  }
}

/** Models with requests that are right, and such with one thing wrong. */
const casesOfRequests = inputFeatures
  .filter((features) => features.every(({ name }) => name.isWellFormed()))
  .chain((features) =>
    fc.record({
      features: fc.constant(features),
      requests: fc.array(requestsFor(features), { minLength: 3, maxLength: 8 }),
    }),
  )
  .map(({ features, requests }) => {
    const model = entryOf({ name: "any", inputFeatures: features });
    return { features, schema: JSON.parse(contractText(model, contractOf(model)!, "json-schema").text), requests };
  });

function requestsFor(features: readonly InputFeature[]): fc.Arbitrary<unknown> {
  const oddCell = fc.constantFrom<unknown>(null, "x", true, 0, 0.5, -1e6, 1e6, [], {}, "");
  return fc
    .record({
      rows: rowsOf(features),
      named: fc.boolean(),
      wrong: fc.constantFrom("nothing", "nothing", "cell", "width", "name", "row", "rows"),
      column: fc.nat(features.length - 1),
      cell: oddCell,
    })
    .map(({ rows: cells, named, wrong, column, cell }) => {
      const filled: unknown[][] = cells.map((row) =>
        row.map((value, i) => (value === undefined && !named ? (features[i]!.default ?? null) : value)),
      );
      if (wrong === "cell") filled[0]![column] = cell;
      if (wrong === "width" && !named) filled[0]!.push(0);
      const instances: unknown[] = filled.map((row) =>
        named ? Object.fromEntries(features.map(({ name }, i) => [name, row[i]])) : row,
      );
      if (wrong === "name" && named) (instances[0] as Record<string, unknown>)["no such feature"] = 1;
      if (wrong === "row") instances.push(cell);
      return wrong === "rows" ? { instances: [] } : { instances, parameters: {} };
    });
}

describe("the OpenAPI document", () => {
  it.each(models.map(({ name }) => name))("of %s is one, as openapi-spec-validator reads it", async (model) => {
    const path = join(folder, `${model}.json`);
    writeFileSync(path, await contract(model, "openapi"));
    expect(await output(join(bin, "openapi-spec-validator"), [path])).toContain(": OK");
  });

  it("makes a Python client that predicts", async () => {
    const path = join(folder, "disk.json");
    const made = join(folder, "openapi", "disk_client");
    writeFileSync(path, await contract("disk-failure-predictor", "openapi"));
    mkdirSync(dirname(made), { recursive: true });
    await output(
      join(bin, "openapi-python-client"),
      ["generate", "--path", path, "--meta", "none", "--output-path", made, "--fail-on-warning"],
      { env: { PATH: `${bin}:${process.env.PATH}` } },
    );
    const lines = (
      await output(join(bin, "python"), [join(scripts, "openapi_client.py"), registry.url, dirname(made)])
    ).split("\n");
    const [full, empty, again] = JSON.parse(lines[0]!);
    expect(full).toBeGreaterThan(0.7);
    expect(empty).toBeLessThan(0.7);
    expect(again).toBe(empty);
    expect(lines[1]).toBe("instances[0].disk_utilization: 101 is above the limit of 100 percent");
  });
});
