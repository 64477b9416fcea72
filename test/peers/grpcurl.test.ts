/** `grpcurl -plaintext` finds everything out by reflection: no schema is given to it. */
import { describe, expect, inject, it } from "vitest";
import { programs } from "./support/paths.ts";
import { oddRow, service, services, shortRow } from "./support/requests.ts";
import { output, run } from "./support/run.ts";

const address = inject("registryAddress");
const grpcurl = (...args: string[]) => output(programs.grpcurl, ["-plaintext", ...args]);
const failing = (...args: string[]) => run(programs.grpcurl, ["-plaintext", ...args]);

describe("grpcurl", () => {
  it("lists the services", async () => {
    expect((await grpcurl(address, "list")).trim().split("\n")).toEqual(expect.arrayContaining(services));
  });

  it("lists the methods", async () => {
    const methods = (await grpcurl(address, "list", service)).trim().split("\n");
    expect(methods).toEqual(expect.arrayContaining([`${service}.ListModels`, `${service}.Predict`]));
  });

  it.each([
    service,
    `${service}.Predict`,
    "kserve.registry.v1.PredictRequest",
    "kserve.registry.v1.PredictFailure",
    "grpc.health.v1.Health",
    "google.rpc.Status",
    "google.rpc.ErrorInfo",
    "google.protobuf.ListValue",
  ])("describes %s", async (symbol) => {
    expect(await grpcurl(address, "describe", symbol)).toContain(`${symbol} is a `);
  });

  it("shows a template of a request", async () => {
    const shown = await grpcurl("-msg-template", address, "describe", "kserve.registry.v1.PredictRequest");
    expect(shown).toContain('"validateOnly": false');
  });

  it("gets a prediction", async () => {
    const answer = await grpcurl("-d", oddRow, address, `${service}/Predict`);
    expect(JSON.parse(answer)).toEqual({ predictions: [-1], modelName: "anomaly-detector" });
  });

  it("gets models", async () => {
    const page = JSON.parse(await grpcurl("-d", '{"namespace": "forecasting"}', address, `${service}/ListModels`));
    expect(page.models).toMatchObject([{ name: "predictive-analytics", type: "MODEL_TYPE_PREDICTIVE" }]);
    const { model } = JSON.parse(await grpcurl("-d", '{"name": "echo"}', address, `${service}/GetModel`));
    expect(model).toMatchObject({ name: "echo", namespace: "peers" });
  });

  it("shows what the model says when it fails, with the decoded details", async () => {
    const { code, stderr } = await failing("-d", shortRow, address, `${service}/Predict`);
    expect(code).not.toBe(0);
    expect(stderr).toContain("Code: Internal");
    expect(stderr).toContain("X has 2 features, but IsolationForest is expecting 3 features as input.");
    expect(stderr).toContain('"reason": "MODEL_FAILED"');
    expect(stderr).toContain('"upstreamStatus": 500');
  });

  it("shows that a model is unknown", async () => {
    const { stderr } = await failing("-d", '{"name": "nope"}', address, `${service}/GetModel`);
    expect(stderr).toContain("Code: NotFound");
    expect(stderr).toContain('"reason": "MODEL_NOT_FOUND"');
  });
});

describe("grpcurl and health", () => {
  it.each([
    ["", "SERVING"],
    [service, "SERVING"],
    ["anomaly-detector", "SERVING"],
    ["not-ready", "NOT_SERVING"],
    ["unreachable", "NOT_SERVING"],
  ])("%j is %s", async (name, status) => {
    const request = JSON.stringify({ service: name });
    const answer = await grpcurl("-d", request, address, "grpc.health.v1.Health/Check");
    expect(JSON.parse(answer)).toEqual({ status });
  });

  it("an unknown name is NOT_FOUND", async () => {
    const { stderr } = await failing("-d", '{"service": "nope"}', address, "grpc.health.v1.Health/Check");
    expect(stderr).toContain("Code: NotFound");
  });
});
