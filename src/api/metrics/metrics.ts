import { Counter, collectDefaultMetrics, Gauge, Registry as MetricsRegistry } from "prom-client";
import type { ModelLoad } from "../../predict/limits/bulkhead.ts";
import type { PredictObserver } from "../../predict/pipeline.ts";
import type { MemoryBudget } from "../../registry/memory-budget.ts";
import type { RegisteredModel } from "../../registry/model.ts";
import type { ModelKey } from "../../registry/model-key.ts";
import type { Registry } from "../../registry/registry.ts";
import type { Call } from "../call.ts";
import { CallTally } from "./call-tally.ts";
import { modelGauges } from "./model-gauges.ts";
import { PredictionSeries } from "./prediction-series.ts";
import { addSourceMetrics } from "./source-metrics.ts";

/** What is measured, and how it is shown. */
export interface Metrics {
  readonly observePredict: PredictObserver;
  /** Counts a request that could be sent again: whether it was. */
  observeRetry(model: RegisteredModel, allowed: boolean): void;
  /** Counts a call that has ended, by what came of it. */
  observeCall(call: Call, outcome: string): void;
  /** Everything, in the text format of Prometheus. */
  expose(): Promise<{ readonly contentType: string; readonly body: Uint8Array }>;
}

/**
 * Creates the metrics. The names `kserve_inference_*` are those that KServe's guides query; labels with a model come
 * from the registry only, so that no request can make new series.
 */
export function createMetrics(
  registry: Registry,
  loadOf: (key: ModelKey) => ModelLoad,
  memory: MemoryBudget,
  spans?: Readonly<Record<string, number>>,
): Metrics {
  const registers = new MetricsRegistry();
  const options = { registers: [registers] };
  collectDefaultMetrics({ register: registers });
  const predictions = new PredictionSeries(registry);
  const calls = new CallTally();
  new Counter({
    ...options,
    name: "kserve_registry_calls_total",
    help: "Calls that have ended, by method, protocol and outcome (a gRPC code or an HTTP status).",
    labelNames: ["method", "protocol", "outcome"],
    collect() {
      this.reset();
      for (const { count, ...labels } of calls.all()) this.inc(labels, count);
    },
  });
  new Gauge({
    ...options,
    name: "kserve_registry_models",
    help: "Registered models, by source and type.",
    labelNames: ["source", "type"],
    collect() {
      this.reset();
      const counts = new Map<string, { source: string; type: string; count: number }>();
      for (const { source, type = "" } of registry.snapshot.models.values()) {
        const known = counts.get(`${source} ${type}`);
        if (known === undefined) counts.set(`${source} ${type}`, { source, type, count: 1 });
        else known.count++;
      }
      for (const { count, ...labels } of counts.values()) this.set(labels, count);
    },
  });
  new Gauge({
    ...options,
    name: "kserve_registry_bytes_in_memory",
    help: "Bytes of requests and answers that are held now. The limit is MAX_BYTES_IN_MEMORY.",
    collect() {
      this.set(memory.heldBytes);
    },
  });
  if (spans !== undefined) {
    new Counter({
      ...options,
      name: "kserve_registry_spans_total",
      help: "Spans by what became of them: sent, failed (the collector did not take them), dropped (too many waited).",
      labelNames: ["outcome"],
      collect() {
        this.reset();
        for (const [outcome, count] of Object.entries(spans)) this.inc({ outcome }, count);
      },
    });
  }
  addSourceMetrics(registry, registers);
  return {
    observePredict: (model, seconds, reason) => predictions.observe(model, seconds, reason),
    observeRetry: (model, allowed) => predictions.observeRetry(model, allowed),
    observeCall: ({ method, protocol }, outcome) => calls.add(method, protocol, outcome),
    expose: async () => ({
      contentType: registers.contentType,
      body: Buffer.concat([
        Buffer.from(`${await registers.metrics()}\n`),
        ...(await predictions.expose()),
        ...(await modelGauges(registry, loadOf)),
      ]),
    }),
  };
}
