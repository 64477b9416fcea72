import { labelsOf, type PlainMetric, type Sample } from "./exposition.ts";

/** What a server holds at the moment, and the most that it may hold. */
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
  const limit = (name: string, help: string, value: number): PlainMetric => {
    return { name: `kserve_registry_${name}`, type: "gauge", help, samples: () => [["", value]] };
  };
  return [
    {
      name: "kserve_registry_bytes_in_memory",
      type: "gauge",
      help: "Bytes of requests and answers that are held now.",
      samples: () => [["", heldBytes()]],
    },
    limit("max_bytes_in_memory", "How many there may be (MAX_BYTES_IN_MEMORY).", limits.maxBytesInMemory),
    {
      name: "kserve_registry_connections",
      type: "gauge",
      help: "Connections of callers that are open, by the version of HTTP.",
      samples: () => {
        const { open, http2 } = connections();
        const of = (http: string, count: number): Sample => [labelsOf({ http }), count];
        return [of("1", open - http2), of("2", http2)];
      },
    },
    limit("max_connections", "How many there may be (MAX_CONNECTIONS).", limits.maxConnections),
    limit("max_calls", "How many calls may be under way (MAX_CALLS).", limits.maxCalls),
    limit(
      "max_predictions_in_flight",
      "How many predictions of one model may be under way (KSERVE_MAX_IN_FLIGHT).",
      limits.maxInFlight,
    ),
    {
      name: "kserve_registry_max_predictions_queued",
      type: "gauge",
      help: "How many predictions of one model may wait: for a slot (place), or for the model (ready).",
      samples: () => [
        [labelsOf({ for: "place" }), limits.maxQueued],
        [labelsOf({ for: "ready" }), limits.maxWaiting],
      ],
    },
    ...(spans === undefined
      ? []
      : [
          {
            name: "kserve_registry_spans_total",
            type: "counter" as const,
            help: "Spans by what became of them: sent, failed (the collector did not take them), dropped (too many waited).",
            samples: () => Object.entries(spans).map(([outcome, count]): Sample => [labelsOf({ outcome }), count]),
          },
        ]),
  ];
}
