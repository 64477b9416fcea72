import { collectDefaultMetrics, Registry as MetricsRegistry } from "prom-client";
import { yieldIfBusy } from "../../base/yield-if-busy.ts";
import type { ModelLoad } from "../../predict/limits/bulkhead.ts";
import type { PredictObserver } from "../../predict/pipeline.ts";
import type { RegisteredModel } from "../../registry/model.ts";
import type { ModelKey } from "../../registry/model-key.ts";
import type { Registry } from "../../registry/registry.ts";
import type { Call } from "../call.ts";
import type { HttpResponse } from "../http.ts";
import { type AnswerContent, createSharedAnswer } from "../shared-answer.ts";
import { CallSeries, type EndedCall } from "./call-series.ts";
import { Exposition, type MetricFormat, type PlainMetric } from "./exposition.ts";
import { exposeModels } from "./model-gauges.ts";
import { PredictionSeries } from "./prediction-series.ts";
import { registryMetrics } from "./registry-metrics.ts";

/** Writes all metrics that there are. */
export type Expose = (format: MetricFormat) => Promise<AnswerContent>;

/** Collects measurements, and exposes them. */
export interface Metrics {
  readonly observePredict: PredictObserver;
  /** Counts a request that could be retried, and whether the retry budget allowed it. */
  observeRetry(model: RegisteredModel, allowed: boolean): void;
  /** Notes that the breaker of a model has changed. */
  observeBreaker(key: ModelKey): void;
  /** Counts a call as under way. */
  beginCall(call: Call): void;
  /** Counts a call that has ended, by what came of it. */
  endCall(call: Call, ended: EndedCall): void;
  readonly expose: Expose;
}

export interface MetricsOptions {
  readonly registry: Registry;
  readonly loadOf: (key: ModelKey) => ModelLoad;
  /** How many models have series of their own. */
  readonly maxModels: number;
  /** What other parts measure. */
  readonly more: readonly PlainMetric[];
}

/**
 * Creates the metrics. The names `kserve_inference_*` are those that KServe's guides query. Labels of models come only
 * from the registry, so that no request can create new series.
 */
export function createMetrics({ registry, loadOf, maxModels, more }: MetricsOptions): Metrics {
  const predictions = new PredictionSeries(registry, maxModels);
  const calls = new CallSeries();
  return {
    observePredict: (...ended) => predictions.observe(...ended),
    observeRetry: (model, allowed) => predictions.observeRetry(model, allowed),
    observeBreaker(key) {
      // The model may have been removed.
      const model = registry.snapshot.models.get(key);
      if (model !== undefined) predictions.observeBreaker(model, loadOf(key).breaker.openSince);
    },
    beginCall: (call) => calls.begin(call),
    endCall: (call, ended) => calls.end(call, ended),
    expose: createExpose([...registryMetrics(registry), ...more], async (to) => {
      await calls.expose(to);
      await predictions.expose(to);
      await exposeModels(registry, loadOf, maxModels, to);
    }),
  };
}

/** Creates the exposition of this process's metrics: those of Node, `plain` ones, and others. */
export function createExpose(
  plain: readonly PlainMetric[],
  exposeMore: (to: Exposition) => Promise<void> = async () => {},
): Expose {
  const registers = new MetricsRegistry();
  collectDefaultMetrics({ register: registers });
  return async (format) => {
    const to = new Exposition(format);
    to.addText(await registers.metrics());
    for (const metric of plain) {
      const pause = yieldIfBusy();
      if (pause !== undefined) await pause;
      to.addPlain(metric);
    }
    await exposeMore(to);
    return to.end();
  };
}

/** Shares one exposition among all who request the same format at about the same time. */
export function sharedMetrics(
  expose: Expose,
): (format: MetricFormat, response: HttpResponse) => Promise<AnswerContent> {
  const answers = {
    text: createSharedAnswer(() => expose("text")),
    openmetrics: createSharedAnswer(() => expose("openmetrics")),
  };
  return (format, response) => answers[format](response);
}
