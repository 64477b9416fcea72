import { expect, it } from "vitest";
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

async function linesOf(series: PredictionSeries): Promise<string[]> {
  const text = Buffer.concat(await series.expose()).toString();
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

it("counts a time in its bucket and in all above, the bound included", async () => {
  const models = registry();
  register(models, [{ name: "m" }]);
  const series = new PredictionSeries(models);
  for (const seconds of [0, 0.001, 0.0011, 30, 31]) series.observe(models.get("m")!, seconds, undefined);
  const lines = await linesOf(series);
  const bucket = (bound: string) => lines.find((line) => line.includes(`le="${bound}"`))?.split(" ")[1];
  expect(["0.001", "0.0025", "10", "30", "+Inf"].map(bucket)).toEqual(["2", "3", "3", "4", "5"]);
  const labels = '{model="m",namespace="ns"}';
  expect(lines[0]).toBe(`kserve_inference_requests_total${labels} 5`);
  expect(lines.slice(-2)).toEqual([
    `kserve_inference_latency_sum${labels} 61.0021`,
    `kserve_inference_latency_count${labels} 5`,
  ]);
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
  const series = new PredictionSeries(models);
  const before = models.get("m")!;
  series.observe(before, 1, undefined);
  if (title.includes("gone")) register(models, []);
  if (entry !== undefined) {
    register(models, [entry]);
    series.observe(models.get("m")!, 1, undefined);
  }
  const requests = (await linesOf(series)).filter((line) => line.startsWith("kserve_inference_requests_total"));
  expect(requests).toEqual(expected.map((labels) => `kserve_inference_requests_total${labels}`));
});

it("does not bring back a model whose first prediction ends when it is gone", async () => {
  const models = registry();
  register(models, [{ name: "m" }]);
  const series = new PredictionSeries(models);
  const model = models.get("m")!;
  register(models, []);
  series.observe(model, 1, undefined);
  series.observe(model, 1, "MODEL_FAILED");
  series.observeRetry(model, true);
  expect(await linesOf(series)).toEqual([]);
});

it("begins at 0 where a model is registered, for the first thousand", async () => {
  const models = registry();
  const series = new PredictionSeries(models);
  register(
    models,
    Array.from({ length: 1001 }, (_, i) => ({ name: `m${i}` })),
  );
  const requests = (await linesOf(series)).filter((line) => line.startsWith("kserve_inference_requests_total"));
  expect(requests).toHaveLength(1000);
  expect(requests[0]).toBe('kserve_inference_requests_total{model="m0",namespace="ns"} 0');
  series.observe(models.get("m1000")!, 1, undefined);
  expect(await linesOf(series)).toContain('kserve_inference_requests_total{model="m1000",namespace="ns"} 1');
});

it("keeps failures apart from the latency of predictions, and counts them by reason", async () => {
  const models = registry();
  register(models, [{ name: "m" }]);
  const series = new PredictionSeries(models);
  const model = models.get("m")!;
  series.observe(model, 1, undefined);
  series.observe(model, 20, "MODEL_TIMEOUT");
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
