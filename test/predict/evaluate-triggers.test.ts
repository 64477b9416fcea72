import { describe, expect, it } from "vitest";
import { Cancellation } from "../../src/base/cancellation.ts";
import { evaluateTriggers, type Samples } from "../../src/predict/evaluate-triggers.ts";
import type { CallerReason } from "../../src/predict/limits/time-limit.ts";
import { Pipeline } from "../../src/predict/pipeline.ts";
import { everyone } from "../../src/registry/access.ts";
import { MemoryBudget } from "../../src/registry/memory-budget.ts";
import { parseModelEntry } from "../../src/registry/model-entry.ts";
import type { Predictor } from "../../src/registry/ports.ts";
import { Registry } from "../../src/registry/registry.ts";
import { RegistryError } from "../../src/registry/registry-error.ts";
import { applyEntries } from "../support/apply-entries.ts";
import { testBulkhead } from "../support/parts.ts";

const disk = {
  name: "disk-failure-predictor",
  triggers: [{ type: "metric-threshold", metric: "disk_utilization", threshold: 85 }],
  inputFeatures: ["disk_utilization", "iops", { name: "disk_age_days", type: "number" }],
  outputFormat: { field: "failure_probability", threshold: 0.7 },
  remediationActions: [
    { type: "alert", severity: "warning" },
    { type: "scale-storage", target: "increase-capacity" },
  ],
};

const form = { keys: ["predictions"], hint: "" };
const noCall = { headers: {}, caller: new Cancellation<CallerReason>() };

function setUp(entries: readonly object[], answer: (name: string, body: string) => string | Promise<string>) {
  const registry = new Registry({ urlFormat: "http://{service}", defaultPort: undefined });
  applyEntries(
    registry,
    "environment",
    entries.map((fields, i) => {
      const { entry, problems } = parseModelEntry({ service: "s", type: "predictive", ...fields }, "ns");
      if (entry === undefined) throw new Error(JSON.stringify(problems));
      return { entry, location: `T[${i}]` };
    }),
  );
  const sent: string[] = [];
  const predictor: Predictor = {
    protocolOf: () => "test",
    predictPath: () => "/",
    predict: async ({ model, body }) => {
      const text = Buffer.from(body).toString();
      sent.push(`${model.name} ${text}`);
      return { body: Buffer.from(await answer(model.name, text)), attempts: 1, form };
    },
    infer: () => Promise.reject(new Error("not called")),
    askMetadata: async () => undefined,
    checkReadiness: async () => ({ state: "ready", reason: "", checkTime: new Date() }),
    close: async () => {},
  };
  const pipeline = new Pipeline({
    registry,
    predictor,
    integrationEnabled: true,
    timeoutMs: 1000,
    bulkhead: testBulkhead,
    memory: new MemoryBudget(Number.POSITIVE_INFINITY),
    maxJsonDepth: 32,
    observe: () => {},
  });
  const run = async (samples: Samples, filter = {}) =>
    (await evaluateTriggers({ registry, pipeline }, samples, filter, everyone, noCall)).map(
      ({ model, triggers, outcome }) => ({
        model: model.name,
        triggers: triggers.map(({ trigger, sample }) => `${trigger.name ?? trigger.metric} ${sample}`),
        outcome:
          outcome.kind === "evaluation"
            ? outcome.evaluation.verdicts.map((v) => `${v.thresholdCrossed} ${v.remediationActions.map((a) => a.type)}`)
            : outcome.kind === "failure"
              ? outcome.reason
              : { missing: outcome.names },
      }),
    );
  return { run, sent };
}

const failing = () => '{"predictions":[{"failure_probability":0.93}]}';

describe("evaluateTriggers", () => {
  it("goes from metric samples to advice", async () => {
    const { run, sent } = setUp([disk], failing);
    expect(await run({ iops: 5000, disk_utilization: 91.2, disk_age_days: 365, other: "x" })).toEqual([
      { model: disk.name, triggers: ["disk_utilization 91.2"], outcome: ["true alert,scale-storage"] },
    ]);
    expect(sent).toEqual([`${disk.name} {"instances":[[91.2,5000,365]]}`]);
  });

  it.each<[string, Samples, unknown]>([
    ["nothing fires below the threshold", { disk_utilization: 84.9, iops: 1, disk_age_days: 1 }, []],
    ["nothing fires on a text", { disk_utilization: "91", iops: 1, disk_age_days: 1 }, []],
    ["nothing fires without the metric", { iops: 1 }, []],
    [
      "what is missing is named",
      { disk_utilization: 85 },
      [{ model: disk.name, triggers: ["disk_utilization 85"], outcome: { missing: ["iops", "disk_age_days"] } }],
    ],
    [
      "a sample that does not fit is the failure of that model",
      { disk_utilization: 85, iops: 1, disk_age_days: "old" },
      [{ model: disk.name, triggers: ["disk_utilization 85"], outcome: "INVALID_INSTANCE" }],
    ],
  ])("%s", async (_name, samples, expected) => {
    expect(await setUp([disk], failing).run(samples)).toEqual(expected);
  });

  it("fires bare triggers on a sample that is true", async () => {
    const { run } = setUp([{ name: "m", triggers: ["resource_spike", "other"] }], failing);
    expect(await run({ resource_spike: true })).toEqual([
      { model: "m", triggers: ["resource_spike true"], outcome: { missing: [] } },
    ]);
    expect(await run({ resource_spike: 1, other: false })).toEqual([]);
  });

  it("asks models side by side, and one that fails does not fail the rest", async () => {
    let waiting = 0;
    let release = () => {};
    const all = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { run } = setUp(
      ["a", "b", "c"].map((name) => ({ ...disk, name })),
      async (name) => {
        if (++waiting === 3) release();
        await all;
        if (name === "b") throw new RegistryError("MODEL_FAILED", "x");
        return failing();
      },
    );
    const results = await run({ disk_utilization: 99, iops: 1, disk_age_days: 1 });
    expect(results.map(({ model, outcome }) => [model, outcome])).toEqual([
      ["a", ["true alert,scale-storage"]],
      ["b", "MODEL_FAILED"],
      ["c", ["true alert,scale-storage"]],
    ]);
  });

  it("looks only at the models of a filter", async () => {
    const { run } = setUp([disk, { ...disk, name: "other", type: "anomaly", namespace: "elsewhere" }], failing);
    const samples = { disk_utilization: 99, iops: 1, disk_age_days: 1 };
    expect((await run(samples, { namespace: "elsewhere" })).map(({ model }) => model)).toEqual(["other"]);
    expect((await run(samples, { type: "predictive" })).map(({ model }) => model)).toEqual([disk.name]);
  });

  it.each<[string, Samples, string]>([
    ["no samples", {}, "samples: is empty"],
    ["a list for a sample", { a: [1] }, "samples.a: expected a number"],
    [
      "too many samples",
      Object.fromEntries(Array.from({ length: 4097 }, (_, i) => [`s${i}`, i])),
      "more than 4096 samples",
    ],
  ])("refuses %s", async (_name, samples, message) => {
    await expect(setUp([disk], failing).run(samples)).rejects.toThrow(message);
  });
});
