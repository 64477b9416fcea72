import { expect, it } from "vitest";
import { Exposition } from "../../src/api/metrics/exposition.ts";
import { exposeModels } from "../../src/api/metrics/model-gauges.ts";
import { closedBreaker } from "../../src/predict/limits/breaker.ts";
import type { ModelLoad } from "../../src/predict/limits/bulkhead.ts";
import { parseModelEntry } from "../../src/registry/model-entry.ts";
import { Registry } from "../../src/registry/registry.ts";
import { applyEntries } from "../support/apply-entries.ts";
import { countTurns, slowDown } from "../support/count-turns.ts";

function registryOf(count: number): Registry {
  const registry = new Registry({ urlFormat: "http://{service}", defaultPort: undefined });
  const entries = Array.from({ length: count }, (_, i) => ({
    entry: parseModelEntry({ name: `m${i}`, service: "s", type: "anomaly" }, "ns").entry!,
    location: `[${i}]`,
  }));
  applyEntries(registry, "environment", entries);
  return registry;
}

async function textOf(registry: Registry, maxModels = 1000): Promise<string> {
  const to = new Exposition("text");
  await exposeModels(registry, () => load, maxModels, to);
  return Buffer.from(to.end().body).toString();
}

const load: ModelLoad = { inFlight: 2, queued: 3, waiting: 4, breaker: { ...closedBreaker, state: "open" } };

it("writes every series of a model", async () => {
  const text = await textOf(registryOf(1));
  const labels = 'model="m0",namespace="ns"';
  expect(text.split("\n").filter((line) => line !== "" && !line.startsWith("#"))).toEqual([
    `kserve_registry_model_state{${labels},state="unknown"} 1`,
    `kserve_registry_model_state{${labels},state="ready"} 0`,
    `kserve_registry_model_state{${labels},state="not-ready"} 0`,
    `kserve_registry_model_state{${labels},state="unreachable"} 0`,
    `kserve_registry_predictions_in_flight{${labels}} 2`,
    `kserve_registry_predictions_queued{${labels},for="slot"} 3`,
    `kserve_registry_predictions_queued{${labels},for="ready"} 4`,
    `kserve_registry_breaker_state{${labels}} 2`,
  ]);
});

it("writes those of no more models than there may be, the first by name", async () => {
  const text = await textOf(registryOf(3), 2);
  const named = [...text.matchAll(/predictions_in_flight\{model="(\w+)"/g)].map(([, name]) => name);
  expect(named).toEqual(["m0", "m1"]);
});

it("lets others go first where there are many models", async () => {
  const registry = registryOf(500);
  slowDown();
  expect(await countTurns(() => textOf(registry))).toBeGreaterThan(10);
});
