import { describe, expect, it } from "vitest";
import { factsFromInferenceService } from "../../../src/sources/kube/inference-service-facts.ts";

function facts(status: unknown, spec?: object): ReturnType<typeof factsFromInferenceService> {
  return factsFromInferenceService(
    { metadata: { name: "disk", namespace: "storage", uid: "1", resourceVersion: "1" }, spec, status },
    () => true,
  );
}

describe("the address of an InferenceService", () => {
  it.each([
    ["http://disk.storage/v1/models/disk:predict", "http://disk.storage"],
    ["http://disk.storage/v2/models/disk/infer", "http://disk.storage"],
    ["http://disk.storage/prefix/v2/models/disk/versions/1/infer", "http://disk.storage/prefix"],
    ["http://disk.storage/v2/models", "http://disk.storage"],
    ["http://disk.storage/v2/modelserver", "http://disk.storage/v2/modelserver"],
  ])("%s is %s, without the path of a prediction", (url, address) => {
    expect(facts({ address: { url } }).url).toBe(address);
  });

  it.each([
    ["slashes", `http://a${"/".repeat(300_000)}x`],
    ["models", `http://a${"/v1/models/".repeat(30_000)}\n`],
  ])("that is longer than an address can be is none, and costs nothing to look at: %s", (_, url) => {
    const startMs = process.cpuUsage().user;
    expect(facts({ address: { url } }).url).toBeUndefined();
    // Over a minute of backtracking once; no figure of a good day.
    expect(process.cpuUsage().user - startMs).toBeLessThan(5_000_000);
  });

  it.each([
    ["of Knative mode", "http://disk.storage.svc.cluster.local", "http://disk.storage.svc.cluster.local"],
    [
      "of a headless Service, with the port of the container",
      "http://disk-predictor.storage.svc.cluster.local:8080/",
      "http://disk-predictor.storage.svc.cluster.local:8080",
    ],
    [
      "of a transformer",
      "http://disk-transformer.storage.svc.cluster.local",
      "http://disk-transformer.storage.svc.cluster.local",
    ],
    [
      "with TLS and a port",
      "https://disk.storage.svc.cluster.local:8443",
      "https://disk.storage.svc.cluster.local:8443",
    ],
    [
      "with the path that the first versions wrote",
      "http://disk.storage.svc.cluster.local/v1/models/disk:predict",
      "http://disk.storage.svc.cluster.local",
    ],
    ["that is none", "disk.storage", undefined],
    ["that is not a text", 7, undefined],
  ])("is its own: %s", (_, url, expected) => {
    expect(facts({ address: { url } }).url).toBe(expected);
  });

  it.each([undefined, null, {}, { address: null }, "status", []])("is unknown with the status %j", (status) => {
    expect(facts(status)).toMatchObject({ url: undefined, state: "unknown" });
  });
});

describe("the readiness of an InferenceService", () => {
  const notReady = { type: "Ready", status: "False" };

  it.each<[string, object, string, string]>([
    ["ready", { conditions: [{ type: "Ready", status: "True" }] }, "ready", ""],
    [
      "ready, whatever its last attempt was",
      { conditions: [{ type: "Ready", status: "True" }], modelStatus: { transitionStatus: "BlockedByFailedLoad" } },
      "ready",
      "",
    ],
    [
      "a model that cannot be loaded",
      {
        conditions: [notReady],
        modelStatus: {
          transitionStatus: "BlockedByFailedLoad",
          lastFailureInfo: { reason: "ModelLoadFailed", message: "No such file: /mnt/models/model.joblib" },
        },
      },
      "not-ready",
      "ModelLoadFailed: No such file: /mnt/models/model.joblib",
    ],
    [
      "a spec that cannot be served",
      { conditions: [notReady], modelStatus: { transitionStatus: "InvalidSpec" } },
      "not-ready",
      "InvalidSpec",
    ],
    [
      "a predictor that is not ready",
      {
        conditions: [
          { type: "IngressReady", status: "True" },
          { type: "PredictorReady", status: "False", reason: "RevisionMissing", message: "Revision is being created" },
          { ...notReady, reason: "PredictorNotReady", message: "predictor" },
        ],
      },
      "not-ready",
      "PredictorReady: RevisionMissing: Revision is being created",
    ],
    [
      "words at Ready alone",
      { conditions: [{ type: "Ready", status: "Unknown", reason: "Deploying", message: "waiting for pods" }] },
      "not-ready",
      "Deploying: waiting for pods",
    ],
    [
      "a model that is loading",
      { conditions: [notReady], modelStatus: { states: { targetModelState: "Loading" } } },
      "not-ready",
      "the model is Loading",
    ],
    ["no words at all", { conditions: [notReady] }, "not-ready", "the InferenceService is not ready"],
    ["conditions that are none", { conditions: "Ready" }, "unknown", "the InferenceService reports no state yet"],
  ])("says %s", (_, status, state, reason) => {
    expect(facts(status)).toMatchObject({ state, reason });
  });

  it.each([
    ["an object", { toString: 1 }],
    ["null", null],
  ])("says the words of a condition whose type is %s", (_, type) => {
    expect(facts({ conditions: [notReady, { type, status: "False", message: "no nodes" }] })).toMatchObject({
      state: "not-ready",
      reason: "no nodes",
    });
  });

  it("cuts a traceback", () => {
    const status = { conditions: [notReady], modelStatus: { lastFailureInfo: { message: "x".repeat(10_000) } } };
    expect(facts(status).reason).toHaveLength(500);
  });
});

describe("an InferenceService that scales to zero", () => {
  const metadata = { name: "disk", namespace: "storage", uid: "1", resourceVersion: "1" };
  const asleep = (spec: unknown, annotations: Record<string, string> = {}) =>
    factsFromInferenceService({ metadata: { ...metadata, annotations }, spec }, () => true).scalesToZero ?? false;
  const knative = { "autoscaling.knative.dev/min-scale": "0" };

  it.each<[string, unknown, Record<string, string>, boolean]>([
    ["its predictor says so", { predictor: { minReplicas: 0 } }, {}, true],
    ["its transformer says so", { predictor: { minReplicas: 1 }, transformer: { minReplicas: 0 } }, {}, true],
    ["an annotation says so", { predictor: {} }, knative, true],
    ["an older annotation says so", { predictor: {} }, { "autoscaling.knative.dev/minScale": "0" }, true],
    ["not where the predictor says otherwise", { predictor: { minReplicas: 2 } }, knative, false],
    ["not by default", { predictor: {} }, {}, false],
    ["not without a spec", undefined, knative, false],
  ])("is one where %s", (_title, spec, annotations, expected) => {
    expect(asleep(spec, annotations)).toBe(expected);
  });
});

describe("an InferenceService with an address of gRPC alone, as ModelMesh has it,", () => {
  const status = (url: string) => ({ address: { url }, conditions: [{ type: "Ready", status: "True" }] });

  it.each([
    ["grpc://modelmesh-serving.storage:8033", "http://modelmesh-serving.storage:8033"],
    ["grpcs://disk.storage:8081", "https://disk.storage:8081"],
    ["h2c://disk.storage", "http://disk.storage"],
  ])("is spoken to by it: %s is %s", (written, url) => {
    expect(facts(status(written))).toMatchObject({ url, protocol: "grpc-v2", state: "ready" });
  });

  it("is not ready where it speaks gRPC of KServe v1, and says why", () => {
    const spec = { predictor: { model: { protocolVersion: "grpc-v1" } } };
    expect(facts(status("grpc://disk.storage:8081"), spec)).toMatchObject({
      url: undefined,
      state: "not-ready",
      reason: expect.stringContaining("grpc-v1, is not supported"),
    });
  });
});
