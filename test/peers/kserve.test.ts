/** Predictions and failures of a real KServe server, seen through every form and surface of the service. */
import type { JsonValue } from "@bufbuild/protobuf";
import { create, fromJson, toJson } from "@bufbuild/protobuf";
import { ListValueSchema, ValueSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { describe, expect, inject, it } from "vitest";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { PredictFailureSchema } from "../../gen/kserve/registry/v1/error_reason_pb.ts";
import { ModelState } from "../../gen/kserve/registry/v1/model_pb.ts";
import { ModelRegistry } from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import { TensorSchema } from "../../gen/kserve/registry/v1/prediction_pb.ts";
import { clientsOf } from "./support/clients.ts";
import { get, postJson } from "./support/http.ts";

const url = inject("registryUrl");
const client = createClient(ModelRegistry, createGrpcTransport({ baseUrl: url }));
const bytes = (text: string) => new TextEncoder().encode(text);
const text = (body: Uint8Array) => new TextDecoder().decode(body);

async function predictInstances(name: string, instances: JsonValue[]): Promise<JsonValue> {
  const value = fromJson(ListValueSchema, instances);
  const { output } = await client.predict({ name, input: { case: "instances", value } });
  if (output.case !== "predictions") throw new Error(`the answer came as ${output.case}`);
  return toJson(ValueSchema, output.value);
}

async function predictTensor(name: string, shape: number[], values: number[]) {
  const value = create(TensorSchema, { shape, values });
  const { output } = await client.predict({ name, input: { case: "tensor", value } });
  if (output.case !== "tensor") throw new Error(`the answer came as ${output.case}`);
  return { shape: output.value.shape, values: output.value.values };
}

async function predictBody(name: string, body: string): Promise<string> {
  const { output } = await client.predict({ name, input: { case: "body", value: bytes(body) } });
  if (output.case !== "body") throw new Error(`the answer came as ${output.case}`);
  return text(output.value);
}

async function errorOf(call: Promise<unknown>): Promise<ConnectError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof ConnectError) return error;
    throw error;
  }
  throw new Error("the call succeeded");
}

describe("three models in three namespaces", () => {
  it("are listed with their namespaces", async () => {
    const { models } = await client.listModels({});
    const namespaces = Object.fromEntries(models.map((model) => [model.name, model.namespace]));
    expect(namespaces).toMatchObject({
      "anomaly-detector": "self-healing-platform",
      "disk-failure-predictor": "storage-monitoring",
      "predictive-analytics": "forecasting",
    });
  });

  it("anomaly-detector distinguishes the normal row from the anomaly", async () => {
    expect(
      await predictInstances("anomaly-detector", [
        [0.5, 0.5, 0.5],
        [0.5, 1.2, 0.8],
      ]),
    ).toEqual([1, -1]);
  });

  it("predictive-analytics forecasts one number per row", async () => {
    const [forecast] = (await predictInstances("predictive-analytics", [[0.5, 0.5, 0.5]])) as number[];
    expect(forecast).toBeCloseTo(0.5, 1);
  });

  it("disk-failure-predictor gives a probability, for rows in order and for rows by feature name", async () => {
    const rows = await predictInstances("disk-failure-predictor", [
      [95, 5000, 900],
      { disk_age_days: 900, iops: 5000, disk_utilization: 95 },
      [10, 100, 20],
    ]);
    const [full, byName, empty] = rows as { failure_probability: number }[];
    expect(full!.failure_probability).toBeGreaterThan(0.7);
    expect(byName).toEqual(full);
    expect(empty!.failure_probability).toBeLessThan(0.3);
  });
});

describe("the forms of a prediction", () => {
  it("instances come back as predictions, of any JSON", async () => {
    const instances = [{ a: ["ü", null, true] }, "text", 1.5, [[1], [2, 3]]];
    expect(await predictInstances("echo", instances)).toEqual(instances);
  });

  it("a tensor comes back as a tensor", async () => {
    expect(await predictTensor("anomaly-detector", [2, 3], [0.5, 0.5, 0.5, 9, 9, 9])).toEqual({
      shape: [2],
      values: [1, -1],
    });
    expect(await predictTensor("echo", [2, 2], [0.1, 1e300, -0.25, 4])).toEqual({
      shape: [2, 2],
      values: [0.1, 1e300, -0.25, 4],
    });
  });

  it("a body comes back as the body that the server sent", async () => {
    expect(await predictBody("anomaly-detector", '{"instances": [[0.5, 1.2, 0.8]]}')).toBe('{"predictions":[-1]}');
  });

  it("a body keeps the digits of integers above 2^53", async () => {
    const body = '{"instances":[9007199254740993,18446744073709551615]}';
    expect(await predictBody("echo", body)).toBe('{"predictions":[9007199254740993,18446744073709551615]}');
  });

  it("the registered name is given whatever the server calls the model", async () => {
    const value = fromJson(ListValueSchema, [1]);
    const response = await client.predict({ name: "renamed", input: { case: "instances", value } });
    expect(response.modelName).toBe("renamed");
  });

  it.each(clientsOf(url))("%s gets a prediction", async (_, each) => {
    const value = fromJson(ListValueSchema, [[0.5, 1.2, 0.8]]);
    const { output } = await each.predict({ name: "anomaly-detector", input: { case: "instances", value } });
    expect(output.case === "predictions" && toJson(ValueSchema, output.value)).toEqual([-1]);
  });
});

describe("plain HTTP", () => {
  const routes = ["/api/v1/models/echo/predict", "/v1/models/echo:predict", "/v1/models/echo%3Apredict"];

  it.each(routes)("%s passes the digits of 2^53 + 1 both ways", async (route) => {
    const answer = await postJson(url + route, '{"instances":[9007199254740993]}');
    expect(answer).toMatchObject({ status: 200, body: '{"predictions":[9007199254740993]}' });
    expect(answer.headers.get("content-type")).toBe("application/json");
  });

  it("the facade answers like the KServe server behind it", async () => {
    for (const path of ["/", "/v1/models/echo"]) {
      const [ours, theirs] = await Promise.all([get(url + path), get(inject("kserveUrl") + path)]);
      expect({ path, status: ours.status, body: JSON.parse(ours.body) }).toEqual({
        path,
        status: theirs.status,
        body: JSON.parse(theirs.body),
      });
    }
    const row = '{"instances":[[0.5,1.2,0.8]]}';
    const path = "/v1/models/anomaly-detector:predict";
    const [ours, theirs] = await Promise.all([postJson(url + path, row), postJson(inject("kserveUrl") + path, row)]);
    expect(ours.body).toBe(theirs.body);
  });

  it("an unknown model is 404 on both surfaces", async () => {
    const answers = [
      await get(`${url}/api/v1/models/nope`),
      await postJson(`${url}/api/v1/models/nope/predict`, '{"instances":[1]}'),
      await postJson(`${url}/v1/models/nope:predict`, '{"instances":[1]}'),
    ];
    for (const { status, body } of answers) {
      expect(status).toBe(404);
      expect(JSON.parse(body)).toHaveProperty("error");
    }
  });

  it.each([
    ["not-ready", 503],
    ["unreachable", 503],
    ["misnamed", 502],
    ["slow", 504],
  ])("%s is %d", async (model, status) => {
    const answer = await postJson(`${url}/api/v1/models/${model}/predict`, '{"instances":[1]}');
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body).error).toContain(model);
    if (status === 503) expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
  });
});

describe("NaN and what is missing", () => {
  it("NaN, which KServe sends as null, stays null in predictions and is NaN in a tensor", async () => {
    expect(await predictInstances("nan", [1, 2])).toEqual([null, null]);
    expect(await predictTensor("nan", [2], [1, 2])).toEqual({ shape: [2], values: [Number.NaN, Number.NaN] });
    expect(await predictBody("nan", '{"instances":[1]}')).toBe('{"predictions":[null]}');
  });

  it("NaN in a tensor reaches the model as null, which scikit-learn takes as missing", async () => {
    expect(await predictTensor("echo", [2], [Number.NaN, 1])).toEqual({ shape: [2], values: [Number.NaN, 1] });
    expect(await predictTensor("anomaly-detector", [1, 3], [Number.NaN, 0.5, 0.5])).toEqual({
      shape: [1],
      values: [1],
    });
  });

  it("KServe refuses bare NaN and Infinity in a request, and its words reach the caller", async () => {
    for (const word of ["NaN", "Infinity", "-Infinity"]) {
      const error = await errorOf(predictBody("echo", `{"instances":[${word}]}`));
      expect(error.code).toBe(Code.InvalidArgument);
      expect(error.rawMessage).toContain("Unrecognized request format");
    }
  });
});

describe("failures", () => {
  it("a row of the wrong width is the model's failure where nothing is declared", async () => {
    const error = await errorOf(predictInstances("anomaly-detector", [[0.5, 1.2]]));
    expect(error.code).toBe(Code.Internal);
    expect(error.rawMessage).toContain("X has 2 features, but IsolationForest is expecting 3 features as input.");
    expect(error.findDetails(ErrorInfoSchema)).toMatchObject([
      {
        reason: "MODEL_FAILED",
        domain: "kserve-model-registry",
        metadata: { model: "anomaly-detector", namespace: "self-healing-platform" },
      },
    ]);
    expect(error.findDetails(PredictFailureSchema)).toMatchObject([{ upstreamStatus: 500, attempts: 1 }]);
  });

  it("a row of the wrong width is the caller's mistake where features are declared", async () => {
    const error = await errorOf(
      predictInstances("disk-failure-predictor", [
        [95, 5000, 900],
        [95, 5000],
      ]),
    );
    expect(error.code).toBe(Code.InvalidArgument);
    expect(error.findDetails(ErrorInfoSchema)).toMatchObject([{ reason: "INVALID_INSTANCE" }]);
    expect(error.findDetails(BadRequestSchema)[0]!.fieldViolations).toMatchObject([{ field: "instances[1]" }]);
  });

  it("a misspelt feature is named with its row", async () => {
    const row = { disk_utilisation: 95, iops: 5000, disk_age_days: 900 };
    const error = await errorOf(predictInstances("disk-failure-predictor", [row]));
    expect(error.code).toBe(Code.InvalidArgument);
    const fields = error.findDetails(BadRequestSchema)[0]!.fieldViolations.map((violation) => violation.field);
    expect(fields).toContain("instances[0].disk_utilisation");
  });

  it.each([
    ["nope", Code.NotFound, "MODEL_NOT_FOUND"],
    ["not-ready", Code.Unavailable, "MODEL_NOT_READY"],
    ["unreachable", Code.Unavailable, "MODEL_UNREACHABLE"],
    ["slashed", Code.FailedPrecondition, "MODEL_PATH_NOT_FOUND"],
    ["misnamed", Code.FailedPrecondition, "MODEL_PATH_NOT_FOUND"],
    ["slow", Code.DeadlineExceeded, "MODEL_TIMEOUT"],
  ])("%s fails with its code and reason in every protocol", async (name, code, reason) => {
    for (const [protocol, each] of clientsOf(url)) {
      const value = fromJson(ListValueSchema, [1]);
      const error = await errorOf(each.predict({ name, input: { case: "instances", value } }));
      const found = { protocol, code: error.code, reason: error.findDetails(ErrorInfoSchema)[0]?.reason };
      expect(found).toEqual({ protocol, code, reason });
      if (code === Code.Unavailable) expect(error.findDetails(RetryInfoSchema)).toHaveLength(1);
    }
  });

  it("the caller's deadline ends a prediction that takes too long", async () => {
    const value = fromJson(ListValueSchema, [1]);
    const call = client.predict({ name: "slow", input: { case: "instances", value } }, { timeoutMs: 300 });
    expect((await errorOf(call)).code).toBe(Code.DeadlineExceeded);
  });

  it("empty instances and no input never reach the model", async () => {
    expect((await errorOf(predictInstances("echo", []))).code).toBe(Code.InvalidArgument);
    expect((await errorOf(client.predict({ name: "echo" }))).code).toBe(Code.InvalidArgument);
  });
});

describe("readiness", () => {
  it.each([
    ["anomaly-detector", ModelState.READY, ""],
    ["not-ready", ModelState.NOT_READY, "Model with name not-ready is not ready."],
    ["misnamed", ModelState.NOT_READY, "Model with name no-such-model does not exist."],
    ["unreachable", ModelState.UNREACHABLE, "refused"],
  ])("%s is checked and explained", async (name, state, reason) => {
    // The first checks run while the server starts.
    await expect.poll(async () => (await client.getModel({ name })).readiness?.state, { timeout: 10_000 }).toBe(state);
    const { readiness, model } = await client.getModel({ name });
    expect(readiness?.reason).toContain(reason);
    expect(readiness?.checkTime).toBeDefined();
    expect(model?.state).toBe(state);
  });

  it("GetModel says where predictions go, and why", async () => {
    const { address, entries } = await client.getModel({ name: "renamed" });
    expect(address).toMatchObject({ url: inject("kserveUrl"), predictPath: "/v1/models/echo:predict" });
    expect(entries).toMatchObject([{ location: "KSERVE_MODEL_REGISTRY[7]", shadowed: false }]);
  });
});

it("a name with a slash is listed by a KServe server and not served, which the error says", async () => {
  const { models } = JSON.parse((await get(`${inject("kserveUrl")}/v1/models`)).body);
  expect(models).toContain("team/echo");
  // As it is and encoded: should KServe come to serve one of them, this is to change.
  for (const path of ["team/echo", "team%2Fecho"]) {
    expect([path, (await get(`${inject("kserveUrl")}/v1/models/${path}`)).status]).toEqual([path, 404]);
  }
  const error = await errorOf(
    client.predict({ name: "slashed", input: { case: "body", value: bytes('{"instances":[1]}') } }),
  );
  expect(error.findDetails(PredictFailureSchema)[0]?.hint).toMatch(/a name with '\/' but cannot serve it/);
});
