import { describe, expect, it } from "vitest";
import { contractOf } from "../../src/contract/contract.ts";
import { type ContractFormat, contractText } from "../../src/contract/contract-text.ts";
import { diskFailure, entryOf, oddNames } from "./entries.ts";

function text(entry: Parameters<typeof entryOf>[0], format: ContractFormat): string {
  const model = entryOf(entry);
  return contractText(model, contractOf(model)!, format).text;
}

describe("the text of a contract", () => {
  it("says in a .proto file what the owner declared", () => {
    expect(text(diskFailure, "proto")).toBe(`\
// The typed contract of the model disk-failure-predictor, made by kserve-model-registry from its entry.
syntax = "proto3";

package kserve.models.disk_failure_predictor.v1;

import "google/protobuf/struct.proto";

option csharp_namespace = "Kserve.Models.DiskFailurePredictor.V1";
option go_package = "kserve.io/models/disk_failure_predictor/v1;disk_failure_predictorv1";
option java_multiple_files = true;
option java_outer_classname = "DiskFailurePredictorProto";
option java_package = "io.kserve.models.disk_failure_predictor.v1";
option php_metadata_namespace = "GPBMetadata\\\\Kserve\\\\Models\\\\Disk_Failure_Predictor\\\\V1";
option php_namespace = "Kserve\\\\Models\\\\Disk_Failure_Predictor\\\\V1";
option ruby_package = "Kserve::Models::DiskFailurePredictor::V1";

// The model disk-failure-predictor. It sorts into categories.
// Predicts disk failures.
// Trained on what the storage nodes report.
service DiskFailurePredictor {
  // Gets one prediction per instance.
  rpc Predict(PredictRequest) returns (PredictResponse);
}

// What to predict.
message PredictRequest {
  // The rows. At least one.
  repeated Instance instances = 1;
}

// One row: the features, in the order the model declares them.
message Instance {
  // How full it is.
  // Unit: percent. From 0 to 100. Required.
  optional double disk_utilization = 1 [json_name = "disk_utilization"];
  // At least 0. Default: 5000.
  optional int64 iops = 2;
  // Null where it is left out.
  optional double disk_age_days = 3 [json_name = "disk_age_days"];
  // Required.
  optional bool is_ssd = 4 [json_name = "is_ssd"];
  // One of "acme", "initech". Required.
  optional string vendor_short = 5 [json_name = "Vendor (short)"];
}

// The predictions of the model.
message PredictResponse {
  // One per instance, in their order.
  repeated Prediction predictions = 1;
  // The version of the model: as its server gives it, else the registered version that the model is linked
  // to.
  // Empty where there is neither.
  string model_version = 2;
}

// One prediction.
message Prediction {
  // The value at \`failure_probability\`. Not set where it is not a number.
  // Calls for action when it is >= 0.7.
  optional double failure_probability = 1 [json_name = "failure_probability"];
  // Whether the value calls for action.
  bool threshold_crossed = 5;
  // The whole prediction as the model gave it. NaN and infinities come as strings.
  google.protobuf.Value prediction = 6;
}
`);
  });

  it("breaks the lines of comments, and only counts long lists", () => {
    const values = Array.from({ length: 30 }, (_, i) => i);
    const long = text({ name: "a", description: "word ".repeat(200), inputFeatures: [{ name: "f", values }] }, "proto");
    for (const line of long.split("\n")) expect(line.length).toBeLessThanOrEqual(110);
    expect(long).toContain("18, 19 and 10 more. Required.");
  });

  it("says in a JSON schema what a request may be", () => {
    const features = {
      disk_utilization: {
        title: "disk_utilization",
        description: "How full it is.\n\nUnit: percent.",
        type: "number",
        minimum: 0,
        maximum: 100,
      },
      iops: { title: "iops", type: "integer", minimum: 0, default: 5000 },
      disk_age_days: { title: "disk_age_days", type: ["number", "null"] },
      is_ssd: { title: "is_ssd", type: "boolean" },
      "Vendor (short)": { title: "Vendor (short)", type: "string", enum: ["acme", "initech"] },
    };
    const row = { disk_utilization: 50, iops: 5000, disk_age_days: 0, is_ssd: false, "Vendor (short)": "acme" };
    expect(JSON.parse(text(diskFailure, "json-schema"))).toMatchObject({
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "object",
      required: ["instances"],
      properties: {
        instances: {
          minItems: 1,
          items: { anyOf: [{ $ref: "#/$defs/InstanceByName" }, { $ref: "#/$defs/InstanceByPosition" }] },
        },
      },
      examples: [{ instances: [row] }, { instances: [Object.values(row)] }],
      $defs: {
        InstanceByName: {
          type: "object",
          required: ["disk_utilization", "disk_age_days", "is_ssd", "Vendor (short)"],
          properties: features,
          additionalProperties: false,
        },
        InstanceByPosition: { type: "array", prefixItems: Object.values(features), minItems: 5, maxItems: 5 },
      },
    });
  });

  it.each([
    [
      { name: "f", type: "string", values: ["a"], nullable: true },
      { type: ["string", "null"], enum: ["a", null] },
    ],
    [{ name: "f", values: [1, "a"] }, { enum: [1, "a", null] }],
    [{ name: "f", values: [1, null] }, { enum: [1, null] }],
    [{ name: "f" }, {}],
  ])("knows where null may stand: %j", (feature, expected) => {
    const { $defs } = JSON.parse(text({ name: "a", inputFeatures: [feature] }, "json-schema"));
    expect($defs.InstanceByPosition.prefixItems).toEqual([{ title: "f", ...expected }]);
  });

  it("keeps the name under which the service writes columns itself", () => {
    const { not } = JSON.parse(text({ name: "a", inputFeatures: ["f"], inputFormat: "columnar" }, "json-schema"));
    expect(not).toEqual({ required: ["inputs"] });
  });

  it.each(["json-schema", "openapi"] as const)("escapes in %s what is not printable", (format) => {
    const written = text({ name: "a", inputFeatures: oddNames }, format);
    expect(written).not.toMatch(/[^\P{C}\n]/u);
    expect(JSON.stringify(JSON.parse(written))).toContain(JSON.stringify("del\u007fete"));
  });

  it("says in an OpenAPI document how to call the model, with every reference in it", () => {
    const written = text(diskFailure, "openapi");
    const document = JSON.parse(written);
    expect(Object.keys(document.paths)).toEqual(["/api/v1/models/disk-failure-predictor/predict"]);
    const refs = new Set([...written.matchAll(/"\$ref": "#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name));
    expect([...refs].sort()).toEqual(Object.keys(document.components.schemas).sort());
  });

  it.each<[object | undefined, unknown]>([
    [undefined, {}],
    [
      { threshold: 1, comparison: "<" },
      { description: "Calls for action when it is < 1.", type: "number" },
    ],
    [{ labels: { 1: "one" } }, { description: "1 means one." }],
    [
      { field: "a.b" },
      {
        type: "object",
        required: ["a"],
        properties: { a: { type: "object", required: ["b"], properties: { b: {} } } },
      },
    ],
    [{ field: "a.0" }, { type: "object", required: ["a"], properties: { a: {} } }],
    [
      { shape: [2, 3] },
      { type: "array", minItems: 2, maxItems: 2, items: { type: "array", minItems: 3, maxItems: 3, items: {} } },
    ],
    [{ shape: [] }, {}],
  ])("says in an OpenAPI document what a prediction is: %j", (outputFormat, expected) => {
    const { components } = JSON.parse(text({ name: "a", inputFeatures: ["f"], outputFormat }, "openapi"));
    expect(components.schemas.Prediction).toEqual(expected);
  });
});
