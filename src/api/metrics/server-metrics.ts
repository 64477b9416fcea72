import { counter, gauge, labelsOf, type PlainMetric, type Sample, samplesBy } from "./exposition.ts";

/** What a server holds in memory at present, and its limits. */
export interface ServerState {
  /** Bytes of requests and answers. */
  readonly heldBytes: () => number;
  readonly connections: () => { readonly open: number; readonly http2: number };
  readonly limits: {
    readonly maxBytesInMemory: number;
    readonly maxConnections: number;
    readonly maxCalls: number;
    /** Of one model. */
    readonly maxInFlight: number;
    readonly maxQueued: number;
    readonly maxWaiting: number;
  };
  /** Undefined: nothing is traced. */
  readonly spans: Readonly<Record<string, number>> | undefined;
}

export function serverMetrics({ heldBytes, connections, limits, spans }: ServerState): readonly PlainMetric[] {
  return [
    gauge("kserve_registry_bytes_in_memory", "Bytes of requests and responses held now.", () => heldBytes()),
    gauge(
      "kserve_registry_max_bytes_in_memory",
      "The maximum number of bytes of requests and responses held (MAX_BYTES_IN_MEMORY).",
      () => limits.maxBytesInMemory,
    ),
    gauge("kserve_registry_connections", "Open connections of callers, by HTTP version.", () => {
      const { open, http2 } = connections();
      const of = (http: string, count: number): Sample => [labelsOf({ http }), count];
      return [of("1", open - http2), of("2", http2)];
    }),
    gauge(
      "kserve_registry_max_connections",
      "The maximum number of open connections (MAX_CONNECTIONS).",
      () => limits.maxConnections,
    ),
    gauge("kserve_registry_max_calls", "The maximum number of calls in flight (MAX_CALLS).", () => limits.maxCalls),
    gauge(
      "kserve_registry_max_predictions_in_flight",
      "The maximum number of predictions of one model in flight (KSERVE_MAX_IN_FLIGHT).",
      () => limits.maxInFlight,
    ),
    gauge(
      "kserve_registry_max_predictions_queued",
      "The maximum number of predictions of one model that wait for a slot (slot), or for the model to become ready (ready).",
      () => [
        [labelsOf({ for: "slot" }), limits.maxQueued],
        [labelsOf({ for: "ready" }), limits.maxWaiting],
      ],
    ),
    ...(spans === undefined
      ? []
      : [
          counter(
            "kserve_registry_spans_total",
            "Spans by outcome: sent, failed (the collector did not accept them), dropped (too many were waiting).",
            () => samplesBy("outcome", Object.entries(spans)),
          ),
        ]),
  ];
}
