import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { DeploymentError, type DeploymentOptions } from "../../src/deployment/deployment.ts";
import { modelRegistryUri, planDeployment } from "../../src/deployment/plan-deployment.ts";
import type { Resolved } from "../../src/versions/ports.ts";
import { type Properties, propertiesToJson } from "../../src/versions/property-value.ts";
import type { FieldValues, VersionRecord } from "../../src/versions/record.ts";

function record(kind: VersionRecord["kind"], id: string, name: string, fields: FieldValues, properties = {}) {
  return {
    kind,
    id,
    name,
    createTime: 1,
    updateTime: 1,
    revision: 1,
    fields,
    properties: propertiesToJson(properties),
  };
}

const text = (value: string): Properties[string] => ({ metadataType: "MetadataStringValue", string_value: value });

interface Given {
  readonly model?: string;
  readonly version?: string;
  readonly state?: string;
  readonly artifact?: FieldValues;
  readonly artifactProperties?: Properties;
  readonly versionProperties?: Properties;
}

function resolved(given: Given = {}): Resolved {
  const uri = "s3://models/disk/2.1.0";
  return {
    model: record("registeredModel", "7", given.model ?? "disk-failure-predictor", {}),
    version: record(
      "modelVersion",
      "12",
      given.version ?? "2.1.0",
      { state: given.state ?? "LIVE" },
      given.versionProperties,
    ),
    artifact: record(
      "modelArtifact",
      "31",
      "a",
      { uri, modelFormatName: "sklearn", ...given.artifact },
      given.artifactProperties,
    ),
    uri,
  };
}

const planned = (options: DeploymentOptions = {}, given: Given = {}) => planDeployment(resolved(given), options);
const predictorOf = (options: DeploymentOptions, given: Given = {}) =>
  parse(planned(options, given).manifest).spec.predictor as Record<string, unknown>;

describe("the plan of a deployment", () => {
  it("is an InferenceService with the links, the format and the address of the version", () => {
    expect(planned({ namespace: "ml" })).toEqual({
      namespace: "ml",
      serviceName: "disk-failure-predictor",
      warnings: [],
      manifest: `apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: disk-failure-predictor
  namespace: ml
  labels:
    modelregistry.kubeflow.org/registered-model-id: "7"
    modelregistry.kubeflow.org/model-version-id: "12"
spec:
  predictor:
    model:
      modelFormat:
        name: sklearn
      storageUri: model-registry://disk-failure-predictor/2.1.0
`,
    });
  });

  it("takes runtime, protocol and ServiceAccount of the artifact, then of the version, and options before both", () => {
    const given: Given = {
      artifact: { serviceAccountName: "s3-reader" },
      artifactProperties: { runtime: text("kserve-mlserver") },
      versionProperties: { runtime: text("other"), protocol: text("v2") },
    };
    expect(predictorOf({}, given)).toMatchObject({
      serviceAccountName: "s3-reader",
      model: { runtime: "kserve-mlserver", protocolVersion: "v2" },
    });
    const options = {
      runtime: "mine",
      protocol: "grpc-v2",
      serviceAccountName: "me",
      modelFormat: "onnx",
      modelFormatVersion: "1",
    };
    expect(predictorOf(options, given)).toMatchObject({
      serviceAccountName: "me",
      model: { runtime: "mine", protocolVersion: "grpc-v2", modelFormat: { name: "onnx", version: "1" } },
    });
  });

  it.each(["pvc://claim/models/disk", "oci://registry.example/models/disk:2.1.0"])(
    "leaves %s to KServe, which mounts it itself",
    (uri) => {
      const { manifest } = planDeployment({ ...resolved(), uri }, {});
      expect(parse(manifest).spec.predictor.model.storageUri).toBe(uri);
    },
  );

  it("has a canary where the mode splits traffic", () => {
    const { manifest } = planned({ mode: "knative", canaryPercent: 10, minReplicas: 0, maxReplicas: 3 });
    expect(parse(manifest)).toMatchObject({
      metadata: { annotations: { "serving.kserve.io/deploymentMode": "Serverless" } },
      spec: { predictor: { canaryTrafficPercent: 10, minReplicas: 0, maxReplicas: 3 } },
    });
    expect(parse(planned({ mode: "standard" }).manifest).metadata.annotations).toEqual({
      "serving.kserve.io/deploymentMode": "RawDeployment",
    });
  });

  it.each<[DeploymentOptions, Given, string]>([
    [{ canaryPercent: 10 }, {}, "canaryPercent: only the mode knative splits traffic; none is given"],
    [{ canaryPercent: 10, mode: "standard" }, {}, "canaryPercent: only the mode knative splits traffic; this one is"],
    [{ canaryPercent: 101, mode: "knative" }, {}, "canaryPercent: expected 0 to 100, found 101"],
    [{ minReplicas: 0 }, {}, "minReplicas: expected 1 to 10000; 0 needs the mode knative, found 0"],
    [{ minReplicas: 5, maxReplicas: 4 }, {}, "maxReplicas: expected 5 to 10000, found 4"],
    [{ namespace: "a/b" }, {}, 'namespace: expected a DNS label such as fraud-team, found "a/b"'],
    [{ serviceName: "X".repeat(200) }, {}, "serviceName: expected a DNS label of at most 63 characters"],
    [{ protocol: "v3" }, {}, 'protocol: expected v1, v2, grpc-v2, found "v3"'],
    [{ runtime: "a b" }, {}, "runtime: expected the name of a serving runtime"],
    [{ modelFormat: "a: b" }, {}, "modelFormat: expected the name of a format"],
    [{ registryNamespace: "a?b" }, {}, "registryNamespace: expected a DNS label"],
    [{}, { artifact: { modelFormatName: "" } }, "modelFormat: missing, as the artifact of version 2.1.0"],
    [{}, { artifactProperties: { protocol: text("http") } }, 'protocol: expected v1, v2, grpc-v2, found "http"'],
    [{}, { model: "模型" }, "serviceName: missing, as no DNS label can be made of"],
  ])("refuses %j of %j", (options, given, message) => {
    const plan = () => planned(options, given);
    expect(plan).toThrow(DeploymentError);
    expect(plan).toThrow(message);
  });

  it("says everything that is wrong at once", () => {
    expect(() => planned({ namespace: "A", protocol: "x", canaryPercent: 1 })).toThrow(
      /^namespace: .*; protocol: .*; canaryPercent: /,
    );
  });

  it.each([
    ["Disk_Failure Predictor", "disk-failure-predictor"],
    ["org/model", "org-model"],
    ["--a--", "a"],
    [`${"x".repeat(62)}-y`, "x".repeat(62)],
  ])("names the service of the model %j %s", (model, name) => {
    expect(planned({}, { model }).serviceName).toBe(name);
  });

  it("writes texts that YAML 1.1 takes for something else so that they stay texts", () => {
    const { manifest } = planned({ modelFormat: "on", modelFormatVersion: "1e3", serviceAccountName: "no" });
    expect(manifest).toContain('name: "on"');
    expect(manifest).toContain('version: "1e3"');
    expect(manifest).toContain('serviceAccountName: "no"');
  });

  it("warns of what is not used, and of versions that are not to be", () => {
    const { warnings } = planned({}, { state: "ARCHIVED", artifact: { storageKey: "prod-s3" } });
    expect(warnings).toEqual([
      "The version 2.1.0 is archived.",
      "The artifact names the storage key prod-s3, which KServe does not use with model-registry:// addresses. Give the secret to the ServiceAccount.",
    ]);
  });
});

describe("the address of a version's files", () => {
  it.each([
    [{ model: "disk", version: "2.1.0" }, undefined, "model-registry://disk/2.1.0"],
    [{ model: "disk" }, "kubeflow", "model-registry://disk?namespace=kubeflow"],
    [{ model: "disk", alias: "champion" }, undefined, "model-registry://disk@champion"],
    // Nothing of a name is taken for a host, a path, a query or an alias.
    [{ model: "evil.example:80", version: "1" }, undefined, "model-registry://evil%2Eexample%3A80/1"],
    [{ model: "a/b@c?d#e f", version: "x/y?z" }, undefined, "model-registry://a%2Fb%40c%3Fd%23e%20f/x%2Fy%3Fz"],
  ])("of %j in %s is %s", (reference, namespace, uri) => {
    expect(modelRegistryUri(reference, namespace)).toBe(uri);
  });
});
