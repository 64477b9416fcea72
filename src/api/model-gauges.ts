import type { BreakerState } from "../predict/breaker.ts";
import type { ModelLoad } from "../predict/lane.ts";
import type { RegisteredModel } from "../registry/model.ts";
import type { ModelState } from "../registry/readiness.ts";
import type { Registry } from "../registry/registry.ts";

/** One gauge with the series of every model. */
interface ModelGauge {
  readonly name: string;
  readonly help: string;
  /** The label that tells the series of one model apart, and its values; one series without. */
  readonly label?: { readonly name: string; readonly values: readonly string[] };
  /** The value of one of them. */
  readonly value: (model: RegisteredModel, load: ModelLoad, labelValue: string) => number;
}

const states: readonly ModelState[] = ["unknown", "ready", "not-ready", "unreachable"];
const breakerValues: Readonly<Record<BreakerState, number>> = { closed: 0, "half-open": 1, open: 2 };

/**
 * How every model is right now, in the text format of Prometheus. Written straight from the registry: prom-client keeps
 * an object for each series, and with ten thousand models that holds up every call while somebody reads the metrics.
 */
export function modelGauges(registry: Registry, loadOf: (model: string) => ModelLoad): string {
  const gauges: readonly ModelGauge[] = [
    {
      name: "kserve_registry_model_state",
      help: "1 for the state that a model was in at its last readiness check.",
      label: { name: "state", values: states },
      value: ({ name }, _load, state) => (registry.readiness(name).state === state ? 1 : 0),
    },
    {
      name: "kserve_registry_predictions_in_flight",
      help: "Predictions that are under way.",
      value: (_model, { inFlight }) => inFlight,
    },
    {
      name: "kserve_registry_predictions_queued",
      help: "Predictions that wait for one under way to end (place), or for their model to become ready (ready).",
      label: { name: "for", values: ["place", "ready"] },
      value: (_model, { queued, waiting }, what) => (what === "place" ? queued : waiting),
    },
    {
      name: "kserve_registry_breaker_state",
      help: "The breaker of a model's address: 0 closed, 1 half-open (being asked), 2 open.",
      value: (_model, { breaker }) => breakerValues[breaker.state],
    },
  ];
  const models = [...registry.snapshot.models.values()];
  return gauges.map((gauge) => textOf(gauge, models, loadOf)).join("\n");
}

function textOf(gauge: ModelGauge, models: readonly RegisteredModel[], loadOf: (model: string) => ModelLoad): string {
  const { name, help, label, value } = gauge;
  let text = `# HELP ${name} ${help}\n# TYPE ${name} gauge\n`;
  for (const model of models) {
    const load = loadOf(model.name);
    const series = `${name}{model="${model.name}",namespace="${model.namespace}"`;
    // Names are DNS labels, of clusters, too: nothing in them needs to be escaped.
    if (label === undefined) text += `${series}} ${value(model, load, "")}\n`;
    else for (const one of label.values) text += `${series},${label.name}="${one}"} ${value(model, load, one)}\n`;
  }
  return text;
}
