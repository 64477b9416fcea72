import type { BreakerState } from "../../predict/limits/breaker.ts";
import type { ModelLoad } from "../../predict/limits/bulkhead.ts";
import type { RegisteredModel } from "../../registry/model.ts";
import type { ModelKey } from "../../registry/model-key.ts";
import type { ModelState } from "../../registry/readiness.ts";
import type { Registry } from "../../registry/registry.ts";
import { type Exposition, modelLabels } from "./exposition.ts";

/** One gauge with the series of every model. */
interface ModelGauge {
  readonly name: string;
  readonly help: string;
  /** The label that distinguishes the series of one model, and its values; one series without. */
  readonly label?: { readonly name: string; readonly values: readonly string[] };
  /** The values of a model, in the order of those of the label. */
  readonly values: (model: RegisteredModel, load: ModelLoad) => readonly number[];
}

const states: readonly ModelState[] = ["unknown", "ready", "not-ready", "unreachable"];
const breakerValues: Readonly<Record<BreakerState, number>> = { closed: 0, "half-open": 1, open: 2 };

/**
 * The current state of every model, written directly from the registry: prom-client keeps an object for each series,
 * which with ten thousand models would hold up every call during a scrape.
 *
 * @param maxModels how many models have series, the first by name
 */
export async function exposeModels(
  registry: Registry,
  loadOf: (key: ModelKey) => ModelLoad,
  maxModels: number,
  to: Exposition,
): Promise<void> {
  const gauges: readonly ModelGauge[] = [
    {
      name: "kserve_registry_model_state",
      help: "1 for the state that a model was in at its last readiness check.",
      label: { name: "state", values: states },
      values: ({ key }) => {
        const { state } = registry.readiness(key);
        return states.map((one) => (one === state ? 1 : 0));
      },
    },
    {
      name: "kserve_registry_predictions_in_flight",
      help: "Predictions in flight.",
      values: (_model, { inFlight }) => [inFlight],
    },
    {
      name: "kserve_registry_predictions_queued",
      help: "Predictions waiting for a slot (slot) or for their model to become ready (ready).",
      label: { name: "for", values: ["slot", "ready"] },
      values: (_model, { queued, waiting }) => [queued, waiting],
    },
    {
      name: "kserve_registry_breaker_state",
      help: "The circuit breaker of a model's address: 0 closed, 1 half-open (being checked), 2 open.",
      values: (_model, { breaker }) => [breakerValues[breaker.state]],
    },
  ];
  const { keys, models } = registry.snapshot;
  const shown = keys.slice(0, maxModels).map((key) => models.get(key)!);
  for (const gauge of gauges) {
    await to.add({ ...gauge, type: "gauge" }, shown, (model) => linesOf(gauge, model, loadOf(model.key)));
  }
}

function linesOf({ name, label, values }: ModelGauge, model: RegisteredModel, load: ModelLoad): string {
  const series = `${name}{${modelLabels(model)}`;
  const all = values(model, load);
  if (label === undefined) return `${series}} ${all[0]}\n`;
  return all.map((value, i) => `${series},${label.name}="${label.values[i]}"} ${value}\n`).join("");
}
