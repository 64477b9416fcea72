import { expect, it } from "vitest";
import { Exposition, type MetricFormat } from "../../src/api/metrics/exposition.ts";
import { PredictionSeries } from "../../src/api/metrics/prediction-series.ts";
import { parseModelEntry } from "../../src/registry/model-entry.ts";
import { Registry } from "../../src/registry/registry.ts";
import { applyEntries } from "../support/apply-entries.ts";

const registry = (): Registry => new Registry({ urlFormat: "http://{service}", defaultPort: undefined });

function register(
  into: Registry,
  entries: readonly { name: string; namespace?: string; description?: string }[],
): void {
  const parsed = entries.map((fields, i) => ({
    entry: parseModelEntry({ service: "s", type: "anomaly", ...fields }, "ns").entry!,
    location: `[${i}]`,
  }));
  applyEntries(into, "environment", parsed);
}

async function linesOf(series: PredictionSeries, format: MetricFormat = "text"): Promise<string[]> {
  const to = new Exposition(format);
  await series.expose(to);
  return Buffer.from(to.end().body)
    .toString()
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
}

it("counts a time in its bucket and in all above, the bound included", async () => {
  const models = registry();
  register(models, [{ name: "m" }]);
  const series = new PredictionSeries(models, 100);
  for (const seconds of [0, 0.001, 0.0011, 30, 31]) series.observe(models.get("m")!, seconds, undefined, {});
  const lines = await linesOf(series);
  const name = "kserve_inference_latency";
  const bucket = (bound: string) =>
    lines.find((line) => line.startsWith(`${name}_bucket{le="${bound}"`))?.split(" ")[1];
  expect(["0.001", "0.0025", "10", "30", "+Inf"].map(bucket)).toEqual(["2", "3", "3", "4", "5"]);
  const labels = '{model="m",namespace="ns"}';
  expect(lines[0]).toBe(`kserve_inference_requests_total${labels} 5`);
  expect(lines).toContain(`${name}_sum${labels} 61.0021`);
  expect(lines).toContain(`${name}_count${labels} 5`);
});

const changes = [
  ["goes on where an entry changes", { name: "m", description: "new" }, ['{model="m",namespace="ns"} 2']],
  ["starts anew in another namespace", { name: "m", namespace: "other" }, ['{model="m",namespace="other"} 1']],
  ["starts anew for a model that was gone", { name: "m" }, ['{model="m",namespace="ns"} 1']],
  ["forgets a model that is gone", undefined, []],
] as const;

it.each(changes)("%s", async (title, entry, expected) => {
  const models = registry();
  register(models, [{ name: "m" }]);
  const series = new PredictionSeries(models, 100);
  const before = models.get("m")!;
  series.observe(before, 1, undefined, {});
  if (title.includes("gone")) register(models, []);
  if (entry !== undefined) {
    register(models, [entry]);
    series.observe(models.get("m")!, 1, undefined, {});
  }
  const requests = (await linesOf(series)).filter((line) => line.startsWith("kserve_inference_requests_total"));
  expect(requests).toEqual(expected.map((labels) => `kserve_inference_requests_total${labels}`));
});

it("does not bring back a model whose first prediction ends when it is gone", async () => {
  const models = registry();
  register(models, [{ name: "m" }]);
  const series = new PredictionSeries(models, 100);
  const model = models.get("m")!;
  register(models, []);
  series.observe(model, 1, undefined, {});
  series.observe(model, 1, "MODEL_FAILED", {});
  series.observeRetry(model, true);
  expect((await linesOf(series)).filter((line) => line.includes("model="))).toEqual([]);
});

it("begins at 0 where a model is registered, for the first thousand", async () => {
  const models = registry();
  const series = new PredictionSeries(models, 2000);
  register(
    models,
    Array.from({ length: 1001 }, (_, i) => ({ name: `m${i}` })),
  );
  const requests = (await linesOf(series)).filter((line) => line.startsWith("kserve_inference_requests_total"));
  expect(requests).toHaveLength(1000);
  expect(requests[0]).toBe('kserve_inference_requests_total{model="m0",namespace="ns"} 0');
  series.observe(models.get("m1000")!, 1, undefined, {});
  expect(await linesOf(series)).toContain('kserve_inference_requests_total{model="m1000",namespace="ns"} 1');
});

it("keeps failures apart from the latency of predictions, and counts them by reason", async () => {
  const models = registry();
  register(models, [{ name: "m" }]);
  const series = new PredictionSeries(models, 100);
  const model = models.get("m")!;
  series.observe(model, 1, undefined, {});
  series.observe(model, 20, "MODEL_TIMEOUT", {});
  const labels = 'model="m",namespace="ns"';
  expect(await linesOf(series)).toEqual(
    expect.arrayContaining([
      `kserve_inference_requests_total{${labels}} 2`,
      `kserve_inference_errors_total{${labels},reason="MODEL_TIMEOUT"} 1`,
      `kserve_inference_latency_sum{${labels}} 1`,
      `kserve_inference_latency_count{${labels}} 1`,
      `kserve_inference_failure_latency_sum{${labels}} 20`,
      `kserve_inference_failure_latency_count{${labels}} 1`,
    ]),
  );
});

it("keeps apart what waiting, the model server and this service took", async () => {
  const models = registry();
  register(models, [{ name: "m" }]);
  const series = new PredictionSeries(models, 100);
  series.observe(models.get("m")!, 1, undefined, { queuedMs: 250, upstreamMs: 500 });
  series.observe(models.get("m")!, 0.25, "TOO_MANY_IN_FLIGHT", { queuedMs: 250 });
  const lines = await linesOf(series);
  const labels = 'model="m",namespace="ns"';
  expect(lines).toEqual(
    expect.arrayContaining([
      `kserve_registry_prediction_seconds_total{${labels},phase="queue"} 0.5`,
      `kserve_registry_prediction_seconds_total{${labels},phase="upstream"} 0.5`,
      `kserve_registry_prediction_seconds_total{${labels},phase="own"} 0.25`,
      'kserve_registry_prediction_phase_seconds_bucket{le="0.25",phase="queue"} 2',
      'kserve_registry_prediction_phase_seconds_count{phase="own"} 2',
    ]),
  );
});

it("counts the openings of a breaker, and not each time that it asks in vain", async () => {
  const models = registry();
  register(models, [{ name: "m" }]);
  const series = new PredictionSeries(models, 100);
  const [first, second] = [new Date(1), new Date(2)];
  for (const openSince of [first, first, undefined, second, second]) series.observeBreaker(models.get("m")!, openSince);
  expect(await linesOf(series)).toContain('kserve_registry_breaker_openings_total{model="m",namespace="ns"} 2');
});

it("shows the latest traced call of each bucket in OpenMetrics, and in no other format", async () => {
  const models = registry();
  register(models, [{ name: "m" }]);
  const series = new PredictionSeries(models, 100);
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  series.observe(models.get("m")!, 0.004, undefined, { traceId: "f".repeat(32) });
  series.observe(models.get("m")!, 0.003, undefined, { traceId });
  series.observe(models.get("m")!, 0.002, undefined, {});
  const bucket = 'kserve_inference_latency_bucket{le="0.005",model="m",namespace="ns"} 3';
  expect(await linesOf(series)).toContain(bucket);
  const traced = (await linesOf(series, "openmetrics")).filter((line) => line.includes("trace_id"));
  expect(traced).toHaveLength(1);
  expect(traced[0]).toContain(`${bucket} # {trace_id="${traceId}"} 0.003 `);
});

it("has so many series of a model as the docs say, and no more of them than there may be", async () => {
  const models = registry();
  register(models, [{ name: "a" }, { name: "b" }, { name: "c" }, { name: "d" }]);
  const series = new PredictionSeries(models, 2);
  for (const name of ["a", "b", "c", "d"]) series.observe(models.get(name)!, 1, "MODEL_FAILED", {});
  const lines = await linesOf(series);
  const requests = lines.filter((line) => line.startsWith("kserve_inference_requests_total"));
  expect(requests).toEqual([
    'kserve_inference_requests_total{model="a",namespace="ns"} 1',
    'kserve_inference_requests_total{model="b",namespace="ns"} 1',
    'kserve_inference_requests_total{model="_other",namespace=""} 2',
  ]);
  const ofA = lines.filter((line) => line.includes('model="a"'));
  expect(ofA.filter((line) => !/failure|errors/.test(line))).toHaveLength(22);
  expect(ofA).toHaveLength(22 + 17 + 1);
});
