import type { RegisteredModel } from "../../registry/model.ts";
import type { ModelKey } from "../../registry/model-key.ts";
import { goneModel, type Registry } from "../../registry/registry.ts";
import type { ErrorReason } from "../../registry/registry-error.ts";
import { type MetricHead, metricText, modelLabels } from "./metric-text.ts";

/** Where the buckets of the histogram end, in seconds. */
const bounds: readonly number[] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

const requests: MetricHead = {
  name: "kserve_inference_requests_total",
  type: "counter",
  help: "Predictions of registered models, whatever came of them.",
};
const errors: MetricHead = {
  name: "kserve_inference_errors_total",
  type: "counter",
  help: "Predictions of registered models that failed, by reason.",
};
const latency: MetricHead = {
  name: "kserve_inference_latency",
  type: "histogram",
  help: "Seconds from a checked call to its prediction, with the model server's time.",
};
const failureLatency: MetricHead = {
  name: "kserve_inference_failure_latency",
  type: "histogram",
  help: "Seconds until a prediction failed.",
};
const retries: MetricHead = {
  name: "kserve_registry_retries_total",
  type: "counter",
  help: "Requests that no model server had begun to work on: sent again, or refused by the retry budget.",
};

/** So many models have their series from the moment that they are registered; further ones from their first prediction. */
const modelsFromStart = 1000;

/** How long something took, how often. */
interface Durations {
  /** How many took up to each bound and longer than the one before; the last has no bound. */
  readonly counts: number[];
  sum: number;
}

/** What has been seen of one model. */
interface Series {
  readonly name: string;
  readonly namespace: string;
  readonly answered: Durations;
  /** Undefined before the first failure: most models have none. */
  failed: Durations | undefined;
  readonly errors: Map<ErrorReason, number>;
  readonly retries: Map<"sent" | "refused", number>;
}

/**
 * How many predictions each model had, how long they took and how they failed. Counted here and not by prom-client, which
 * takes longer for it than reading a small request does: it finds a bucket under its bound as a name. A rate over a series
 * that begins with its first value misses that value, so series begin at 0 where there are not too many.
 */
export class PredictionSeries {
  readonly #registry: Registry;
  readonly #byKey = new Map<ModelKey, Series>();
  /** Entries that change are new objects; they go on with the series of their key. */
  readonly #byModel = new WeakMap<RegisteredModel, Series>();

  constructor(registry: Registry) {
    this.#registry = registry;
    registry.subscribe((changes) => {
      for (const change of changes) {
        // Series of a model that is gone would stay forever otherwise.
        const gone = goneModel(change);
        if (gone !== undefined) this.#byKey.delete(gone.key);
        if (change.kind !== "removed" && this.#byKey.size < modelsFromStart) this.#of(change.model);
      }
    });
  }

  observe(model: RegisteredModel, seconds: number, reason: ErrorReason | undefined): void {
    const series = this.#byModel.get(model) ?? this.#of(model);
    if (reason === undefined) {
      add(series.answered, seconds);
      return;
    }
    series.failed ??= noDurations();
    add(series.failed, seconds);
    series.errors.set(reason, (series.errors.get(reason) ?? 0) + 1);
  }

  observeRetry(model: RegisteredModel, allowed: boolean): void {
    const { retries } = this.#byModel.get(model) ?? this.#of(model);
    const outcome = allowed ? "sent" : "refused";
    retries.set(outcome, (retries.get(outcome) ?? 0) + 1);
  }

  /** Everything, in the text format of Prometheus. */
  async expose(): Promise<readonly Buffer[]> {
    const all = [...this.#byKey.values()];
    return [
      ...(await metricText(requests, all, requestsOf)),
      ...(await metricText(errors, all, (series) => countsOf(errors, series, "reason", series.errors))),
      ...(await metricText(latency, all, (series) => durationsOf(latency, series, series.answered))),
      ...(await metricText(failureLatency, all, (series) =>
        series.failed === undefined ? "" : durationsOf(failureLatency, series, series.failed),
      )),
      ...(await metricText(retries, all, (series) => countsOf(retries, series, "outcome", series.retries))),
    ];
  }

  #of(model: RegisteredModel): Series {
    const { key, name, namespace } = model;
    let series = this.#byKey.get(key);
    if (series === undefined) {
      series = { name, namespace, answered: noDurations(), failed: undefined, errors: new Map(), retries: new Map() };
      // A prediction may end when its model is gone.
      if (this.#registry.snapshot.models.get(key) !== undefined) this.#byKey.set(key, series);
    }
    this.#byModel.set(model, series);
    return series;
  }
}

function noDurations(): Durations {
  return { counts: new Array<number>(bounds.length + 1).fill(0), sum: 0 };
}

function add(durations: Durations, seconds: number): void {
  let bucket = 0;
  while (bucket < bounds.length && seconds > bounds[bucket]!) bucket++;
  durations.counts[bucket]!++;
  durations.sum += seconds;
}

function total(durations: Durations | undefined): number {
  return durations?.counts.reduce((sum, count) => sum + count, 0) ?? 0;
}

function requestsOf(series: Series): string {
  return `${requests.name}{${modelLabels(series)}} ${total(series.answered) + total(series.failed)}\n`;
}

function countsOf({ name }: MetricHead, series: Series, label: string, counts: ReadonlyMap<string, number>): string {
  const labels = modelLabels(series);
  return [...counts].map(([value, count]) => `${name}{${labels},${label}="${value}"} ${count}\n`).join("");
}

function durationsOf({ name }: MetricHead, series: Series, durations: Durations): string {
  const labels = modelLabels(series);
  let count = 0;
  const buckets = durations.counts.map((more, i) => {
    count += more;
    return `${name}_bucket{le="${bounds[i] ?? "+Inf"}",${labels}} ${count}\n`;
  });
  return `${buckets.join("")}${name}_sum{${labels}} ${durations.sum}\n${name}_count{${labels}} ${count}\n`;
}
