import { describe, expect, it } from "vitest";
import { protocolOf } from "../../../src/sources/kube/inference-service-protocol.ts";

describe("the protocol of an InferenceService", () => {
  it.each<[string, Record<string, unknown>, string | undefined]>([
    [
      "its protocolVersion, by which KServe gives scikit-learn to MLServer (kserve#3674)",
      { model: { modelFormat: { name: "sklearn" }, protocolVersion: "v2" } },
      "v2",
    ],
    [
      "its protocolVersion, which goes before the runtime",
      { model: { protocolVersion: "v1", runtime: "kserve-mlserver" } },
      "v1",
    ],
    ["gRPC by protocolVersion", { model: { protocolVersion: "grpc-v2" } }, "grpc-v2"],
    ["gRPC of v1, which nobody speaks here", { model: { protocolVersion: "grpc-v1" } }, undefined],
    ["MLServer", { model: { modelFormat: { name: "sklearn" }, runtime: "kserve-mlserver" } }, "v2"],
    ["Triton by its runtime", { model: { runtime: "kserve-tritonserver" } }, "v2"],
    ["Triton by its format", { model: { modelFormat: { name: "triton" } } }, "v2"],
    ["Triton in the older form", { triton: { storageUri: "s3://models" } }, "v2"],
    ["scikit-learn, which says nothing", { model: { modelFormat: { name: "sklearn" } } }, undefined],
    ["a container", { containers: [{ image: "own" }] }, undefined],
    ["a container with PROTOCOL", { containers: [{ env: [{ name: "PROTOCOL", value: "v2" }] }] }, "v2"],
    ["what is none at all", { model: 7, containers: "x" }, undefined],
  ])("of %s", (_title, predictor, expected) => {
    expect(protocolOf(predictor)).toBe(expected);
  });

  it("of a runtime of one's own, by the type of server that it is annotated with", () => {
    const annotations = { "serving.kserve.io/server-type": "mlserver" };
    expect(protocolOf({ model: { runtime: "our-runtime" } }, annotations)).toBe("v2");
  });
});
