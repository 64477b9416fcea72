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
    gauge("kserve_registry_bytes_in_memory", "Bytes of requests and answers that are held now.", () => heldBytes()),
    gauge(
      "kserve_registry_max_bytes_in_memory",
      "How many there may be (MAX_BYTES_IN_MEMORY).",
      () => limits.maxBytesInMemory,
    ),
    gauge("kserve_registry_connections", "Connections of callers that are open, by the version of HTTP.", () => {
      const { open, http2 } = connections();
      const of = (http: string, count: number): Sample => [labelsOf({ http }), count];
      return [of("1", open - http2), of("2", http2)];
    }),
    gauge("kserve_registry_max_connections", "How many there may be (MAX_CONNECTIONS).", () => limits.maxConnections),
    gauge("kserve_registry_max_calls", "The maximum number of calls in flight (MAX_CALLS).", () => limits.maxCalls),
    gauge(
      "kserve_registry_max_predictions_in_flight",
      "The maximum number of predictions of one model in flight (KSERVE_MAX_IN_FLIGHT).",
      () => limits.maxInFlight,
    ),
    gauge(
      "kserve_registry_max_predictions_queued",
      "How many predictions of one model may wait: for a slot (place), or for the model (ready).",
      () => [
        [labelsOf({ for: "place" }), limits.maxQueued],
        [labelsOf({ for: "ready" }), limits.maxWaiting],
      ],
    ),
    ...(spans === undefined
      ? []
      : [
          counter(
            "kserve_registry_spans_total",
            "Spans by what became of them: sent, failed (the collector did not take them), dropped (too many waited).",
            () => samplesBy("outcome", Object.entries(spans)),
          ),
        ]),
  ];
}
