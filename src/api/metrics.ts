import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry as MetricsRegistry } from "prom-client";
import type { BreakerState } from "../predict/breaker.ts";
import type { ModelLoad } from "../predict/lane.ts";
import type { PredictObserver } from "../predict/pipeline.ts";
import type { MemoryBudget } from "../registry/memory-budget.ts";
import type { RegisteredModel } from "../registry/model.ts";
import type { ModelState } from "../registry/readiness.ts";
import type { Registry } from "../registry/registry.ts";
import { errorReasons } from "../registry/registry-error.ts";
import type { Call } from "./call.ts";
import { addSourceMetrics } from "./source-metrics.ts";

/** What is measured, and how it is told. */
export interface Metrics {
  readonly observePredict: PredictObserver;
  /** Counts a request that could be sent again: whether it was. */
  observeRetry(model: RegisteredModel, allowed: boolean): void;
  /** Counts a call that has ended, by what came of it. */
  observeCall(call: Call, outcome: string): void;
  /** Everything, in the text format of Prometheus. */
  expose(): Promise<{ readonly contentType: string; readonly text: string }>;
}

const breakerValues: Readonly<Record<BreakerState, number>> = { closed: 0, "half-open": 1, open: 2 };
const states: readonly ModelState[] = ["unknown", "ready", "not-ready", "unreachable"];

/**
 * Creates the metrics. The names `kserve_inference_*` are those that KServe's guides query; labels with a model come
 * from the registry only, so that no request can make new series.
 */
export function createMetrics(registry: Registry, loadOf: (model: string) => ModelLoad, memory: MemoryBudget): Metrics {
  const registers = new MetricsRegistry();
  const options = { registers: [registers] };
  collectDefaultMetrics({ register: registers });
  const requests = new Counter({
    ...options,
    name: "kserve_inference_requests_total",
    help: "Predictions of registered models, whatever came of them.",
    labelNames: ["model", "namespace"],
  });
  const latency = new Histogram({
    ...options,
    name: "kserve_inference_latency",
    help: "Seconds from a checked call to its answer, with the model server's time.",
    labelNames: ["model", "namespace"],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  });
  const errors = new Counter({
    ...options,
    name: "kserve_inference_errors_total",
    help: "Predictions of registered models that failed, by reason.",
    labelNames: ["model", "namespace", "reason"],
  });
  const calls = new Counter({
    ...options,
    name: "kserve_registry_calls_total",
    help: "Calls that have ended, by method, protocol and outcome (a gRPC code or an HTTP status).",
    labelNames: ["method", "protocol", "outcome"],
  });
  new Gauge({
    ...options,
    name: "kserve_registry_models",
    help: "Registered models, by source and type.",
    labelNames: ["source", "type"],
    collect() {
      this.reset();
      for (const model of registry.snapshot.models.values()) {
        this.inc({ source: model.source, type: model.type ?? "" });
      }
    },
  });
  new Gauge({
    ...options,
    name: "kserve_registry_model_state",
    help: "1 for the state that a model was in at its last readiness check.",
    labelNames: ["model", "namespace", "state"],
    collect() {
      this.reset();
      for (const { name: model, namespace } of registry.snapshot.models.values()) {
        const current = registry.readiness(model).state;
        for (const state of states) this.set({ model, namespace, state }, state === current ? 1 : 0);
      }
    },
  });
  new Gauge({
    ...options,
    name: "kserve_registry_predictions_in_flight",
    help: "Predictions that are under way.",
    labelNames: ["model", "namespace"],
    collect() {
      this.reset();
      for (const { name: model, namespace } of registry.snapshot.models.values()) {
        this.set({ model, namespace }, loadOf(model).inFlight);
      }
    },
  });
  new Gauge({
    ...options,
    name: "kserve_registry_predictions_queued",
    help: "Predictions that wait for one under way to end (place), or for their model to become ready (ready).",
    labelNames: ["model", "namespace", "for"],
    collect() {
      this.reset();
      for (const { name: model, namespace } of registry.snapshot.models.values()) {
        const { queued, waiting } = loadOf(model);
        this.set({ model, namespace, for: "place" }, queued);
        this.set({ model, namespace, for: "ready" }, waiting);
      }
    },
  });
  new Gauge({
    ...options,
    name: "kserve_registry_breaker_state",
    help: "The breaker of a model's address: 0 closed, 1 half-open (being asked), 2 open.",
    labelNames: ["model", "namespace"],
    collect() {
      this.reset();
      for (const { name: model, namespace } of registry.snapshot.models.values()) {
        this.set({ model, namespace }, breakerValues[loadOf(model).breaker.state]);
      }
    },
  });
  const retries = new Counter({
    ...options,
    name: "kserve_registry_retries_total",
    help: "Requests that no model server had begun to work on: sent again, or refused by the retry budget.",
    labelNames: ["model", "namespace", "outcome"],
  });
  new Gauge({
    ...options,
    name: "kserve_registry_bytes_in_memory",
    help: "Bytes of requests and answers that are held now. The limit is MAX_BYTES_IN_MEMORY.",
    collect() {
      this.set(memory.heldBytes);
    },
  });
  addSourceMetrics(registry, registers);
  // Series of a model that is gone would stay forever otherwise.
  registry.subscribe((changes) => {
    for (const { kind, model } of changes) {
      if (kind !== "removed") continue;
      const labels = { model: model.name, namespace: model.namespace };
      requests.remove(labels);
      latency.remove(labels);
      for (const outcome of ["sent", "refused"]) retries.remove({ ...labels, outcome });
      for (const reason of errorReasons) errors.remove({ ...labels, reason });
    }
  });
  // Looking a series up by its labels costs more than counting, so those of each model and outcome are kept.
  const seriesOf = new WeakMap<RegisteredModel, { requests: Counter.Internal; latency: Histogram.Internal<string> }>();
  const callSeries = new Map<string, Counter.Internal>();
  return {
    observePredict(model, seconds, reason) {
      const labels = { model: model.name, namespace: model.namespace };
      let series = seriesOf.get(model);
      if (series === undefined) {
        series = { requests: requests.labels(labels), latency: latency.labels(labels) };
        seriesOf.set(model, series);
      }
      series.requests.inc();
      series.latency.observe(seconds);
      if (reason !== undefined) errors.inc({ ...labels, reason });
    },
    observeRetry({ name, namespace }, allowed) {
      retries.inc({ model: name, namespace, outcome: allowed ? "sent" : "refused" });
    },
    observeCall({ method, protocol }, outcome) {
      const key = `${method} ${protocol} ${outcome}`;
      let series = callSeries.get(key);
      if (series === undefined) {
        series = calls.labels({ method, protocol, outcome });
        callSeries.set(key, series);
      }
      series.inc();
    },
    expose: async () => ({ contentType: registers.contentType, text: await registers.metrics() }),
  };
}
