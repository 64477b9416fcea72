import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isDnsLabel } from "../../src/base/field-reader.ts";
import { contractNames, modelOfFile, modelOfSymbol } from "../../src/contract/contract-names.ts";
import { defaultPackageRoots, fileOptions } from "../../src/contract/file-options.ts";

/** DNS labels, mostly of the parts that names are made of when something goes wrong. */
const labels = fc
  .array(
    fc.oneof(
      fc.constantFrom("model-", "-", "3", "a", "b", "class", "google", "instance", "arm", "js"),
      fc.stringMatching(/^[a-z0-9-]$/),
    ),
    {
      minLength: 1,
      maxLength: 6,
    },
  )
  .map((parts) => parts.join(""))
  .filter(isDnsLabel);

/** Names as they are registered. */
const modelNames = fc.oneof(
  labels,
  fc.tuple(labels, labels).map((parts) => parts.join("/")),
);

function optionsOf(model: string, roots = defaultPackageRoots) {
  const { packageName, serviceName } = contractNames(model);
  return fileOptions(packageName, serviceName, roots);
}

describe("contractNames", () => {
  it.each([
    ["disk-failure-predictor", "disk_failure_predictor", "DiskFailurePredictor"],
    ["a-b", "a_b", "AB"],
    ["ab", "ab", "Ab"],
    ["a--b", "a__b", "AB"],
    ["v2-3", "v2_3", "V23"],
    ["3d", "model_3d", "Model3d"],
    ["model-3d", "model_model_3d", "ModelModel3d"],
    ["model-x", "model_x", "ModelX"],
    ["class", "model_class", "ModelClass"],
    ["google", "model_google", "ModelGoogle"],
    ["internal", "model_internal", "ModelInternal"],
    ["vendor", "model_vendor", "ModelVendor"],
    ["std", "model_std", "ModelStd"],
    ["template", "model_template", "ModelTemplate"],
    ["crate", "model_crate", "ModelCrate"],
    ["aux", "model_aux", "ModelAux"],
    ["static-cast", "model_static_cast", "ModelStaticCast"],
    ["linux", "model_linux", "ModelLinux"],
    ["2fast", "model_2fast", "Model2fast"],
    // These would be called like a message of their own package.
    ["instance", "instance", "ModelInstance"],
    ["predict-request", "predict_request", "ModelPredictRequest"],
    ["prediction", "prediction", "ModelPrediction"],
    ["instance-schema", "instance_schema", "ModelInstanceSchema"],
    // These would be called like what is within them in C++.
    ["stub", "stub", "ModelStub"],
    ["service", "service", "ModelService"],
    // And these like what stands beside them in Rust.
    ["option", "option", "ModelOption"],
  ])("calls %s %s and %s", (model, segment, serviceName) => {
    expect(contractNames(model)).toMatchObject({
      packageName: `kserve.models.${segment}.v1`,
      serviceName,
      service: `kserve.models.${segment}.v1.${serviceName}`,
      fileName: `kserve/models/${segment}/v1/${segment}${segment === "model_linux" ? "_model" : ""}.proto`,
    });
  });

  it("names the packages and namespaces of each language", () => {
    expect(optionsOf("disk-failure")).toEqual({
      csharpNamespace: "Kserve.Models.DiskFailure.V1",
      goPackage: "kserve.io/models/disk_failure/v1;disk_failurev1",
      javaMultipleFiles: true,
      javaOuterClassname: "DiskFailureProto",
      javaPackage: "io.kserve.models.disk_failure.v1",
      phpMetadataNamespace: "GPBMetadata\\Kserve\\Models\\Disk_Failure\\V1",
      phpNamespace: "Kserve\\Models\\Disk_Failure\\V1",
      rubyPackage: "Kserve::Models::DiskFailure::V1",
    });
  });

  it("puts them below other roots", () => {
    const roots = { java: "com.example", go: "example.com/ml/gen", csharp: "Ex.Ml", ruby: "Ex::Ml", php: "Ex\\Ml" };
    expect(optionsOf("disk-failure", roots)).toMatchObject({
      csharpNamespace: "Ex.Ml.Models.DiskFailure.V1",
      goPackage: "example.com/ml/gen/models/disk_failure/v1;disk_failurev1",
      javaPackage: "com.example.models.disk_failure.v1",
      phpNamespace: "Ex\\Ml\\Models\\Disk_Failure\\V1",
      rubyPackage: "Ex::Ml::Models::DiskFailure::V1",
    });
  });

  it.each(["disk-windows", "disk-arm64", "x-js", "disk-linux-test"])(
    "gives %s a file that Go builds on every system",
    (model) => {
      const stem = model.replaceAll("-", "_");
      expect(contractNames(model).fileName).toBe(`kserve/models/${stem}/v1/${stem}_model.proto`);
      expect(modelOfFile(contractNames(model).fileName)).toEqual({ name: model, namespace: "" });
      expect(modelOfFile(`kserve/models/${stem}/v1/${stem}.proto`)).toBeUndefined();
    },
  );

  it("puts a model that is registered with its cluster below it", () => {
    expect(contractNames("spoke-1/disk-failure")).toMatchObject({
      packageName: "kserve.clusters.spoke_1.disk_failure.v1",
      serviceName: "DiskFailure",
      service: "kserve.clusters.spoke_1.disk_failure.v1.DiskFailure",
      fileName: "kserve/clusters/spoke_1/disk_failure/v1/disk_failure.proto",
    });
    expect(optionsOf("spoke-1/disk-failure")).toMatchObject({
      csharpNamespace: "Kserve.Clusters.Spoke_1.DiskFailure.V1",
      goPackage: "kserve.io/clusters/spoke_1/disk_failure/v1;disk_failurev1",
      javaPackage: "io.kserve.clusters.spoke_1.disk_failure.v1",
    });
  });

  it("gives no two models the same package or file", () => {
    fc.assert(
      fc.property(fc.uniqueArray(modelNames, { minLength: 2, maxLength: 40 }), (models) => {
        const made = models.map((model) => contractNames(model));
        for (const key of ["packageName", "service", "fileName"] as const) {
          expect(new Set(made.map((names) => names[key])).size).toBe(models.length);
        }
        for (const key of ["csharpNamespace", "goPackage", "javaPackage", "phpNamespace", "rubyPackage"] as const) {
          const values = models
            .map((model) => optionsOf(model))
            .map((options) => (key === "phpNamespace" ? options[key].toLowerCase() : options[key]));
          expect(new Set(values).size).toBe(models.length);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("tells models apart whose names differ in their dashes alone", () => {
    const made = ["ab", "a-b", "a--b", "v2-3", "v23", "v-23"].map((model) => optionsOf(model));
    expect(made.map(({ csharpNamespace }) => csharpNamespace.split(".")[2])).toEqual([
      ...["Ab", "AB", "A_B", "V2_3", "V23", "V_23"],
    ]);
    expect(new Set(made.map(({ phpNamespace }) => phpNamespace.toLowerCase())).size).toBe(made.length);
  });

  it("gives names that the grammar of protobuf takes", () => {
    fc.assert(
      fc.property(modelNames, (model) => {
        const { packageName, serviceName, fileName } = contractNames(model);
        expect(packageName).toMatch(/^kserve\.(models|clusters\.[a-z][a-z0-9_]*)\.[a-z][a-z0-9_]*\.v1$/);
        expect(serviceName).toMatch(/^[A-Z][A-Za-z0-9]*$/);
        expect(fileName).toMatch(/^[a-z][a-z0-9_/]*\.proto$/);
      }),
    );
  });

  it("can be read back", () => {
    fc.assert(
      fc.property(modelNames, (model) => {
        const { packageName, service, fileName } = contractNames(model);
        expect(modelOfSymbol(packageName)).toEqual({ name: model, namespace: "" });
        expect(modelOfSymbol(service)).toEqual({ name: model, namespace: "" });
        expect(modelOfSymbol(`${service}.Predict`)).toEqual({ name: model, namespace: "" });
        expect(modelOfFile(fileName)).toEqual({ name: model, namespace: "" });
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    "",
    "kserve.models",
    "kserve.models.3d.v1.X",
    "kserve.models.class.v1.X",
    "kserve.registry.v1.ModelRegistry",
  ])("reads no model from %j", (symbol) => {
    expect(modelOfSymbol(symbol)).toBeUndefined();
    expect(modelOfFile(symbol)).toBeUndefined();
  });

  it("can be read back for the longest names", () => {
    for (const model of [`${"model-".repeat(10)}3d`, "a".repeat(63), `3${"-".repeat(61)}b`]) {
      expect(modelOfSymbol(contractNames(model).service)).toEqual({ name: model, namespace: "" });
      expect(modelOfFile(contractNames(model).fileName)).toEqual({ name: model, namespace: "" });
    }
  });

  it("reads no model from a file that is called otherwise than its folder", () => {
    expect(modelOfFile("kserve/models/a/v1/b.proto")).toBeUndefined();
  });
});
