/** Clients of the Open Inference Protocol that nobody here wrote, over a real KServe server that speaks v1. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import { programs, projectDir } from "../support/paths.ts";
import { output, run } from "../support/run.ts";

const address = inject("registryAddress");
const scripts = join(projectDir, "test/peers/oip");
const service = "inference.GRPCInferenceService";

type Outcomes = Readonly<Record<string, unknown>>;

async function outcomesOf(program: string, script: string, ...args: string[]): Promise<Outcomes> {
  return JSON.parse(await output(program, [join(scripts, script), address, ...args])) as Outcomes;
}

function column(...values: readonly unknown[]): object {
  return { shape: [values.length, 1], values };
}

/** What both of tritonclient's protocols make of it. */
const common = {
  live: true,
  ready: true,
  "model ready": true,
  "model not ready": false,
  INT8: column(-128, 127),
  INT16: column(-32768, 1),
  INT32: column(-2147483648, 1),
  INT64: column(-5, 4503599627370497),
  UINT8: column(255, 0),
  UINT16: column(65535, 0),
  UINT32: column(4294967295, 0),
  UINT64: column(4503599627370497, 0),
  FP16: column(0.5, 65504),
  BF16: column(0.5, -2),
  FP32: column(0.5, Math.fround(0.1)),
  FP64: column(0.1, 1e300),
  BOOL: column(true, false),
  BYTES: column("Bonn", "Köln"),
  NaN: { shape: [1], values: ["NaN"] },
  "named output": [1],
  gzip: column(0.5),
  deflate: column(0.5),
  server: "kserve-model-registry",
  index: ["anomaly-detector", "disk-failure-predictor"],
};

function failed(status: string, words: string): object {
  return { status, message: expect.stringContaining(words) };
}

describe("tritonclient", () => {
  it("is served over HTTP", async () => {
    expect(await outcomesOf(programs.tritonPython, "triton_clients.py", "http")).toEqual({
      ...common,
      JSON: column(0.5, 2),
      "JSON texts": column("a", "ä"),
      "answer compressed": [1000, 1],
      metadata: [{ name: "input-0", datatype: "FP64", shape: [-1, 3] }],
      "unknown model": failed("404", "Model with name none does not exist."),
      "unknown version": failed("404", "has no version 3"),
      "unknown output": failed("400", 'the model has no output "z"'),
      "wrong width": failed("400", "shape [1,1] is not [n,3]"),
      "model server away": failed("503", "unreachable"),
      "model too slow": failed("504", "slow"),
      load: failed("404", "there is no such path"),
      timeout: "timed out",
    });
  });

  it("is served over gRPC", async () => {
    expect(await outcomesOf(programs.tritonPython, "triton_clients.py", "grpc")).toEqual({
      ...common,
      metadata: [{ name: "input-0", datatype: "FP64", shape: ["-1", "3"] }],
      "unknown model": failed("StatusCode.NOT_FOUND", "none"),
      "unknown version": failed("StatusCode.NOT_FOUND", "has no version 3"),
      "unknown output": failed("StatusCode.INVALID_ARGUMENT", 'the model has no output "z"'),
      "wrong width": failed("StatusCode.INVALID_ARGUMENT", "shape [1,1] is not [n,3]"),
      "model server away": failed("StatusCode.UNAVAILABLE", "unreachable"),
      "model too slow": failed("StatusCode.DEADLINE_EXCEEDED", "slow"),
      load: failed("StatusCode.UNIMPLEMENTED", "RepositoryModelLoad"),
      deadline: failed("StatusCode.DEADLINE_EXCEEDED", ""),
      cancelled: failed("StatusCode.CANCELLED", ""),
    });
  });
});

describe("KServe's SDK", () => {
  it("is served over REST and gRPC", async () => {
    const echoed = { model: "echo", values: [0.5, 2] };
    const kinds = {
      INT8: [-128, 127],
      INT16: [-32768, 1],
      INT32: [-2147483648, 1],
      INT64: [-5, 4503599627370497],
      UINT8: [255, 0],
      UINT16: [65535, 0],
      UINT32: [4294967295, 0],
      UINT64: [4503599627370497, 0],
      FP32: [0.5, Math.fround(0.1)],
      FP64: [0.5, 2],
      BOOL: [true, false],
      BYTES: ["Bonn", "Köln"],
    };
    const allKinds = { ...kinds, FP16: [0.5, 65504] };
    expect(await outcomesOf(programs.kservePython, "kserve_clients.py")).toEqual({
      "REST live": true,
      "REST ready": true,
      "REST model ready": true,
      "REST model not ready": false,
      "REST JSON": echoed,
      "REST binary": echoed,
      "REST JSON, every kind": kinds,
      "REST binary, every kind": allKinds,
      "REST unknown model": { status: 404, message: expect.stringContaining("Model with name none does not exist.") },
      "gRPC live": true,
      "gRPC ready": true,
      "gRPC model ready": true,
      "gRPC model not ready": false,
      "gRPC typed": echoed,
      "gRPC raw": echoed,
      "gRPC typed, every kind": kinds,
      "gRPC raw, every kind": allKinds,
      "gRPC deadline": { status: "DEADLINE_EXCEEDED", message: expect.any(String) },
      "gRPC cancelled": "cancelled",
      "gRPC unknown model": { status: "NOT_FOUND", message: expect.stringContaining("none") },
    });
  });
});

describe("mlserver infer", () => {
  /** What it writes for a file of requests, in their order, and what it says. */
  async function infer(model: string, requests: readonly object[], ...args: string[]) {
    const folder = await mkdtemp(join(tmpdir(), "mlserver-infer-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const [input, answers] = [join(folder, "in"), join(folder, "out")];
    await writeFile(input, requests.map((request) => `${JSON.stringify(request)}\n`).join(""));
    const { code, stdout, stderr } = await run(programs.mlserverPython, [
      ...["-c", "from mlserver.cli import main; main()", "infer"],
      ...["--url", address, "--model-name", model, "--input-data-path", input, "--output-data-path", answers],
      ...["--workers", "1", "--retries", "1", ...args],
    ]);
    expect([code, stdout + stderr]).toEqual([0, expect.any(String)]);
    const lines = (await readFile(answers, "utf8")).trim().split("\n");
    return lines.map((line) => JSON.parse(line)).sort((a, b) => a.parameters.batch_index - b.parameters.batch_index);
  }

  const request = (...data: number[]) => ({
    inputs: [{ name: "input-0", shape: [data.length, 1], datatype: "FP64", data }],
  });

  it.each<[string[]]>([[[]], [["--binary-data", "--batch-size", "2"]]])("is served with %j", async (args) => {
    const answers = await infer("echo", [request(0.5), request(2)], ...args);
    expect(answers.map(({ outputs: [{ name, data }] }) => [name, data.flat()])).toEqual([
      ["output-0", [0.5]],
      ["output-0", [2]],
    ]);
  });

  it("says what is wrong, in words of this service", async () => {
    const [answer] = await infer("none", [request(1)]);
    expect(JSON.stringify(answer)).toContain("Model with name none does not exist.");
  });
});

describe("grpcurl", () => {
  const grpcurl = (...args: string[]) => run(programs.grpcurl, ["-plaintext", ...args]);

  it("infers by reflection alone", async () => {
    const inputs = [{ name: "x", datatype: "INT32", shape: [1, 1], contents: { int_contents: [7] } }];
    const request = JSON.stringify({ model_name: "echo", inputs });
    const { stdout } = await grpcurl("-d", request, address, `${service}/ModelInfer`);
    expect(JSON.parse(stdout)).toMatchObject({
      modelName: "echo",
      outputs: [{ name: "output-0", datatype: "FP64", shape: ["1", "1"], contents: { fp64Contents: [7] } }],
    });
  });

  it("finds a model of a namespace by metadata", async () => {
    const ready = (namespace: string) =>
      grpcurl("-H", `namespace: ${namespace}`, "-d", '{"name": "echo"}', address, `${service}/ModelReady`);
    expect(JSON.parse((await ready("peers")).stdout)).toEqual({ ready: true });
    expect((await ready("elsewhere")).stderr).toContain("NotFound");
  });
});
