/** Models that declare what they take and what their answers mean, on a real KServe server. */
import { create, fromJson, type JsonValue, toJson } from "@bufbuild/protobuf";
import { ListValueSchema, ValueSchema } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { ModelRegistry } from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import { TensorSchema } from "../../gen/kserve/registry/v1/prediction_pb.ts";
import type { Background } from "./support/background.ts";
import { postJson } from "./support/http.ts";
import { startRegistry } from "./support/registry-server.ts";

const url = inject("kserveUrl");
const columns = ["cpu", "memory", "connections", "rows_scanned", "cache_hits"];
const share = (name: string) => ({ name, type: "number", min: 0, max: 1 });

const entries = [
  {
    name: "anomaly-detector",
    type: "anomaly",
    url,
    inputFeatures: ["cpu", "memory", "network"].map((name) => ({ name, type: "number" })),
    outputFormat: { labels: { "-1": "anomaly", "1": "normal" }, shape: [] },
  },
  { name: "query-latency", type: "predictive", url, inputFeatures: columns.map(share) },
  {
    name: "query-latency-by-name",
    model: "query-latency",
    type: "predictive",
    url,
    inputFormat: "record-of-lists",
    inputFeatures: columns.map(share),
  },
  {
    name: "disk-failure-predictor",
    type: "classification",
    url,
    triggers: [{ type: "metric-threshold", metric: "disk_utilization", threshold: 85 }],
    inputFeatures: [
      { name: "disk_utilization", type: "number", unit: "percent", min: 0, max: 100 },
      { name: "iops", type: "number", min: 0 },
      { name: "disk_age_days", type: "integer", min: 0 },
    ],
    outputFormat: { field: "failure_probability", threshold: 0.7 },
    remediationActions: [
      { type: "alert", severity: "warning" },
      { type: "scale-storage", target: "increase-capacity" },
    ],
  },
];

let registry: Background;
beforeAll(async () => {
  registry = await startRegistry("declared-features", entries);
});
afterAll(() => registry.stop());

const rows = [
  [0.5, 0.25, 0.1, 0.9, 0.3],
  [0.1, 0.2, 0.3, 0.4, 0.5],
];
const named = rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i]!]).reverse()));

const client = () => createClient(ModelRegistry, createGrpcTransport({ baseUrl: registry.url }));

async function predict(name: string, instances: JsonValue[]): Promise<JsonValue> {
  const { output } = await client().predict({
    name,
    input: { case: "instances", value: fromJson(ListValueSchema, instances) },
  });
  if (output.case !== "predictions") throw new Error(`the answer came as ${output.case}`);
  return toJson(ValueSchema, output.value);
}

describe("a regressor with five named features", () => {
  it.each(["query-latency", "query-latency-by-name"])(
    "gives equal predictions for rows by position, by name, mixed, as a tensor and by its typed service: %s",
    async (name) => {
      const expected = await predict("query-latency", rows);
      expect(await predict(name, rows)).toEqual(expected);
      expect(await predict(name, named)).toEqual(expected);
      expect(await predict(name, [rows[0]!, named[1]!])).toEqual(expected);
      const { output } = await client().predict({
        name,
        input: { case: "tensor", value: create(TensorSchema, { shape: [2, 5], values: rows.flat() }) },
      });
      expect(output.case === "tensor" && output.value.values).toEqual(expected);
      const service =
        name === "query-latency" ? "query_latency.v1.QueryLatency" : "query_latency_by_name.v1.QueryLatencyByName";
      const typed = await postJson(
        `${registry.url}/kserve.models.${service}/Predict`,
        JSON.stringify({ instances: named }),
      );
      const { predictions } = JSON.parse(typed.body) as { predictions: { value: number }[] };
      expect(predictions.map(({ value }) => value)).toEqual(expected);
    },
  );

  it.each<[string, JsonValue, string]>([
    ["a row that is too short", [0.5], "instances[0]"],
    ["a value out of range", [0.5, 0.25, 1.1, 0.9, 0.3], "instances[0].connections"],
    ["a missing name", { cpu: 1, memory: 1, connections: 1, rows_scanned: 1 }, "instances[0].cache_hits"],
    ["an unknown name", { ...named[0], cpus: 1 }, "instances[0].cpus"],
    ["a text for a number", ["0.5", 0.25, 0.1, 0.9, 0.3], "instances[0].cpu"],
    ["null", [null, 0.25, 0.1, 0.9, 0.3], "instances[0].cpu"],
  ])("is not asked with %s", async (_name, row, field) => {
    const { status, body } = await postJson(
      `${registry.url}/api/v1/models/query-latency/predict`,
      JSON.stringify({ instances: [row] }),
    );
    expect(status).toBe(400);
    expect(body).toContain(field);
  });
});

describe("an isolation forest with labels", () => {
  it("says what its numbers mean", async () => {
    const { verdicts } = await client().evaluateModel({
      name: "anomaly-detector",
      input: {
        case: "instances",
        value: fromJson(ListValueSchema, [[0.5, 0.5, 0.5], { network: 9, cpu: 9, memory: 9 }]),
      },
    });
    expect(verdicts.map(({ label }) => label)).toEqual(["normal", "anomaly"]);
  });
});

describe("the disk failure predictor", () => {
  const ask = async (samples: object) => {
    const { status, body } = await postJson(`${registry.url}/api/v1/triggers/evaluate`, JSON.stringify(samples));
    expect(status).toBe(200);
    return JSON.parse(body).models;
  };

  it("goes from metric samples to advice", async () => {
    expect(await ask({ disk_utilization: 91.2, iops: 5000, disk_age_days: 1500 })).toMatchObject([
      {
        modelName: "disk-failure-predictor",
        triggers: [{ trigger: { metric: "disk_utilization", threshold: 85 }, sample: 91.2 }],
        verdict: {
          thresholdCrossed: true,
          remediationActions: [
            { type: "alert", severity: "warning" },
            { type: "scale-storage", target: "increase-capacity" },
          ],
        },
      },
    ]);
  });

  it("gives no advice where its probability stays below the threshold", async () => {
    const [{ verdict }] = await ask({ disk_utilization: 86, iops: 5000, disk_age_days: 10 });
    expect(verdict).toMatchObject({ thresholdCrossed: false, remediationActions: [] });
  });

  it("is not asked without all its features, nor below its trigger", async () => {
    expect(await ask({ disk_utilization: 91.2, iops: 5000 })).toMatchObject([{ missingFeatures: ["disk_age_days"] }]);
    expect(await ask({ disk_utilization: 12, iops: 5000, disk_age_days: 10 })).toEqual([]);
  });
});
