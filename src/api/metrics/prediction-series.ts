import type { PredictionTimes } from "../../predict/pipeline.ts";
import type { RegisteredModel } from "../../registry/model.ts";
import type { ModelKey } from "../../registry/model-key.ts";
import { goneModel, type Registry } from "../../registry/registry.ts";
import type { ErrorReason } from "../../registry/registry-error.ts";
import { type Exposition, type MetricHead, modelLabels, sampleLine } from "./exposition.ts";
import { Histogram, secondsBounds, shortSecondsBounds } from "./histogram.ts";

const requests: MetricHead = {
  name: "kserve_inference_requests_total",
  type: "counter",
  help: "Predictions of registered models, successful or not.",
};
const errors: MetricHead = {
  name: "kserve_inference_errors_total",
  type: "counter",
  help: "Predictions of registered models that failed, by reason.",
};
const latency: MetricHead = {
  name: "kserve_inference_latency",
  type: "histogram",
  help: "Seconds from a validated call to its prediction, including the model server's time.",
};
const failureLatency: MetricHead = {
  name: "kserve_inference_failure_latency",
  type: "histogram",
  help: "Seconds until a prediction failed.",
};
const phaseSeconds: MetricHead = {
  name: "kserve_registry_prediction_seconds_total",
  type: "counter",
  help: "Seconds of all predictions of a model by phase: queue (waiting for a slot or for the model), upstream (the model server and the network), own.",
};
const phases: MetricHead = {
  name: "kserve_registry_prediction_phase_seconds",
  type: "histogram",
  help: "Seconds of predictions of all models, by the same phases.",
};
const retries: MetricHead = {
  name: "kserve_registry_retries_total",
  type: "counter",
  help: "Requests that no model server had started to process: retried, or not retried because of the retry budget.",
};
const breakerOpenings: MetricHead = {
  name: "kserve_registry_breaker_openings_total",
  type: "counter",
  help: "How often the circuit breaker of a model's address has opened.",
};

/** How many models have series from their registration on; further models from their first prediction on. */
const modelsFromStart = 1000;

/** The labels that models beyond the limit share. No model can have this name. */
const others = { name: "_other", namespace: "" };

/** The phases of a prediction. */
const phaseNames = ["queue", "upstream", "own"] as const;

/** The figures of one model. */
interface Series {
  readonly name: string;
  readonly namespace: string;
  readonly answered: Histogram;
  /** Undefined before the first failure: most models have none. */
  failed: Histogram | undefined;
  /** In seconds, in the order of the phases. */
  readonly phases: [queue: number, upstream: number, own: number];
  readonly errors: Map<ErrorReason, number>;
  readonly retries: Map<"sent" | "refused", number>;
  breakerOpenings: number;
  /** `openSince` of the breaker that was counted last. */
  openSince: Date | undefined;
}

/**
 * Counts the predictions of each model, their durations and failures. A rate over a series that begins with its first
 * value misses that value, so series begin at 0 as long as there are not too many. Models beyond the limit share one
 * series.
 */
export class PredictionSeries {
  readonly #registry: Registry;
  readonly #maxModels: number;
  readonly #byKey = new Map<ModelKey, Series>();
  /** A changed entry is a new object, and continues the series of its key. */
  readonly #byModel = new WeakMap<RegisteredModel, Series>();
  readonly #phases = phaseNames.map(() => new Histogram(shortSecondsBounds));
  /** Undefined while every model has its own. */
  #others: Series | undefined;

  /** @param maxModels how many models have series of their own */
  constructor(registry: Registry, maxModels: number) {
    this.#registry = registry;
    this.#maxModels = maxModels;
    registry.subscribe((changes) => {
      for (const change of changes) {
        // Series of removed models would otherwise stay forever.
        const gone = goneModel(change);
        if (gone !== undefined) this.#byKey.delete(gone.key);
        if (change.kind !== "removed" && this.#byKey.size < Math.min(modelsFromStart, maxModels))
          this.#of(change.model);
      }
    });
  }

  observe(model: RegisteredModel, seconds: number, reason: ErrorReason | undefined, times: PredictionTimes): void {
    const series = this.#byModel.get(model) ?? this.#of(model);
    const { queuedMs = 0, upstreamMs = 0 } = times;
    const spent = [queuedMs / 1000, upstreamMs / 1000, Math.max(0, seconds - (queuedMs + upstreamMs) / 1000)] as const;
    for (let i = 0; i < spent.length; i++) {
      series.phases[i]! += spent[i]!;
      this.#phases[i]!.add(spent[i]!);
    }
    if (reason === undefined) {
      series.answered.add(seconds, times.traceId);
      return;
    }
    series.failed ??= new Histogram(secondsBounds);
    series.failed.add(seconds, times.traceId);
    series.errors.set(reason, (series.errors.get(reason) ?? 0) + 1);
  }

  observeRetry(model: RegisteredModel, allowed: boolean): void {
    const { retries } = this.#byModel.get(model) ?? this.#of(model);
    const outcome = allowed ? "sent" : "refused";
    retries.set(outcome, (retries.get(outcome) ?? 0) + 1);
  }

  /**
   * Notes that the breaker of a model has changed.
   *
   * @param openSince unchanged while failing probes keep it open: it has not opened again then
   */
  observeBreaker(model: RegisteredModel, openSince: Date | undefined): void {
    const series = this.#byModel.get(model) ?? this.#of(model);
    if (openSince === undefined || openSince === series.openSince) return;
    series.openSince = openSince;
    series.breakerOpenings++;
  }

  async expose(to: Exposition): Promise<void> {
    const all = [...this.#byKey.values(), ...(this.#others === undefined ? [] : [this.#others])];
    const { format } = to;
    await to.add(requests, all, (series) => sampleLine(requests.name, modelLabels(series), countOf(series)));
    await to.add(errors, all, (series) => countsOf(errors, series, "reason", series.errors));
    await to.add(latency, all, (series) => series.answered.lines(latency.name, modelLabels(series), format));
    await to.add(
      failureLatency,
      all,
      (series) => series.failed?.lines(failureLatency.name, modelLabels(series), format) ?? "",
    );
    await to.add(phaseSeconds, all, (series) => {
      const labels = modelLabels(series);
      return series.phases
        .map((seconds, i) => sampleLine(phaseSeconds.name, `${labels},phase="${phaseNames[i]}"`, seconds))
        .join("");
    });
    await to.add(phases, phaseNames, (phase) =>
      this.#phases[phaseNames.indexOf(phase)]!.lines(phases.name, `phase="${phase}"`, format),
    );
    await to.add(retries, all, (series) => countsOf(retries, series, "outcome", series.retries));
    await to.add(breakerOpenings, all, (series) =>
      sampleLine(breakerOpenings.name, modelLabels(series), series.breakerOpenings),
    );
  }

  #of(model: RegisteredModel): Series {
    const { key } = model;
    let series = this.#byKey.get(key);
    if (series === undefined) {
      const isThere = this.#registry.snapshot.models.get(key) !== undefined;
      if (isThere && this.#byKey.size >= this.#maxModels) {
        this.#others ??= newSeries(others);
        // Not cached: a slot may become free.
        return this.#others;
      }
      series = newSeries(model);
      // A prediction may end after its model was removed.
      if (isThere) this.#byKey.set(key, series);
    }
    this.#byModel.set(model, series);
    return series;
  }
}

function newSeries({ name, namespace }: Pick<RegisteredModel, "name" | "namespace">): Series {
  return {
    name,
    namespace,
    answered: new Histogram(secondsBounds),
    failed: undefined,
    phases: [0, 0, 0],
    errors: new Map(),
    retries: new Map(),
    breakerOpenings: 0,
    openSince: undefined,
  };
}

function countOf({ answered, failed }: Series): number {
  return answered.count + (failed?.count ?? 0);
}

function countsOf({ name }: MetricHead, series: Series, label: string, counts: ReadonlyMap<string, number>): string {
  const labels = modelLabels(series);
  return [...counts].map(([value, count]) => sampleLine(name, `${labels},${label}="${value}"`, count)).join("");
}
