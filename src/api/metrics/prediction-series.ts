import type { RegisteredModel } from "../../registry/model.ts";
import type { ModelKey } from "../../registry/model-key.ts";
import { goneModel, type Registry } from "../../registry/registry.ts";
import { type MetricHead, metricText, modelLabels } from "./metric-text.ts";

/** Where the buckets of the histogram end, in seconds. */
const bounds: readonly number[] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

const requests: MetricHead = {
  name: "kserve_inference_requests_total",
  type: "counter",
  help: "Predictions of registered models, whatever came of them.",
};
const latency: MetricHead = {
  name: "kserve_inference_latency",
  type: "histogram",
  help: "Seconds from a checked call to its answer, with the model server's time.",
};

/** What has been seen of one model. */
interface Series {
  readonly name: string;
  readonly namespace: string;
  /** How many took up to each bound and longer than the one before; the last has no bound. */
  readonly counts: number[];
  sum: number;
}

/**
 * How many predictions each model had, and how long they took. Counted here and not by prom-client, which takes longer
 * for it than reading a small request does: it finds a bucket under its bound as a name.
 */
export class PredictionSeries {
  readonly #registry: Registry;
  readonly #byKey = new Map<ModelKey, Series>();
  /** Entries that change are new objects; they go on with the series of their key. */
  readonly #byModel = new WeakMap<RegisteredModel, Series>();

  constructor(registry: Registry) {
    this.#registry = registry;
    // Series of a model that is gone would stay forever otherwise.
    registry.subscribe((changes) => {
      for (const change of changes) {
        const model = goneModel(change);
        if (model !== undefined) this.#byKey.delete(model.key);
      }
    });
  }

  observe(model: RegisteredModel, seconds: number): void {
    const series = this.#byModel.get(model) ?? this.#of(model);
    let bucket = 0;
    while (bucket < bounds.length && seconds > bounds[bucket]!) bucket++;
    series.counts[bucket]!++;
    series.sum += seconds;
  }

  /** Everything, in the text format of Prometheus. */
  async expose(): Promise<readonly Buffer[]> {
    const all = [...this.#byKey.values()];
    return [...(await metricText(requests, all, requestsOf)), ...(await metricText(latency, all, latencyOf))];
  }

  #of(model: RegisteredModel): Series {
    const { key, name, namespace } = model;
    let series = this.#byKey.get(key);
    if (series === undefined) {
      series = { name, namespace, counts: new Array<number>(bounds.length + 1).fill(0), sum: 0 };
      // A prediction may end when its model is gone.
      if (this.#registry.snapshot.models.get(key) !== undefined) this.#byKey.set(key, series);
    }
    this.#byModel.set(model, series);
    return series;
  }
}

function requestsOf(series: Series): string {
  const total = series.counts.reduce((sum, count) => sum + count, 0);
  return `${requests.name}{${modelLabels(series)}} ${total}\n`;
}

function latencyOf(series: Series): string {
  const { name } = latency;
  const labels = modelLabels(series);
  let count = 0;
  const buckets = series.counts.map((more, i) => {
    count += more;
    return `${name}_bucket{le="${bounds[i] ?? "+Inf"}",${labels}} ${count}\n`;
  });
  return `${buckets.join("")}${name}_sum{${labels}} ${series.sum}\n${name}_count{${labels}} ${count}\n`;
}
