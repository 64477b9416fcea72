import { type Call, isProbe } from "../../api/call.ts";
import type { HttpRequest, HttpResponse } from "../../api/http.ts";
import type { Outcome } from "../../api/outcome.ts";
import type { Config } from "../../config/config.ts";
import type { Predictor } from "../../registry/ports.ts";
import type { Log } from "../log.ts";
import { collectorOf } from "./collector-options.ts";
import { addOutcome, attributesOfRequest, isServerError } from "./span-attributes.ts";
import { createSpanBatches, type SpanBatches, type SpanCounts } from "./span-batches.ts";
import { createSpanRules } from "./span-rules.ts";
import { beginSpan, type SpanRules, spanKinds, traceparentOf } from "./spans.ts";
import { tracedPredictor } from "./traced-predictor.ts";

/** Traces of calls, and of the calls to models within them. */
export interface Tracing {
  readonly spans: Readonly<SpanCounts>;
  /** Starts the span of a call, and makes it the parent of what the call does. Returns what ends it; no span of a probe. */
  startCall(call: Call, request: HttpRequest): ((outcome: Outcome, response: HttpResponse) => void) | undefined;
  /** A predictor whose calls have spans. */
  tracePredictor(predictor: Predictor): Predictor;
  shutdown(): Promise<void>;
}

/** Sends OpenTelemetry traces to the collector that is configured. Undefined: there is none. */
export async function openTracing(config: Config, log: Log): Promise<Tracing | undefined> {
  const collector = collectorOf(config);
  if (collector === undefined) return undefined;
  const { url: endpoint } = collector;
  const batches = await createSpanBatches({
    collector,
    serviceName: config.otelServiceName,
    resourceAttributes: config.otelResourceAttributes,
    onCollector(problem) {
      if (problem === undefined) log.info({ endpoint }, "The trace collector is available again");
      else
        log.warn(
          { endpoint, err: problem },
          "The trace collector is unavailable; calls continue, and their spans are dropped",
        );
    },
  });
  const rules = await createSpanRules(config.otelTracesSampler, Number(config.otelTracesSamplerRatio));
  return {
    spans: batches.counts,
    startCall: (call, request) => startCall(call, request, rules, batches),
    tracePredictor: (predictor) => tracedPredictor(predictor, rules, batches),
    shutdown: () => batches.shutdown(),
  };
}

function startCall(
  call: Call,
  request: HttpRequest,
  rules: SpanRules,
  batches: SpanBatches,
): ReturnType<Tracing["startCall"]> {
  if (isProbe(call, request)) return undefined;
  const span = beginSpan(rules, spanKinds.server, call.traceparent);
  call.traceparent = traceparentOf(span);
  if (!span.isSampled) return undefined;
  const attributes = attributesOfRequest(call, request);
  return (outcome, response) => {
    addOutcome(attributes, call, outcome, response);
    batches.end(span, { name: call.method, attributes, isError: isServerError(call, outcome, response) });
  };
}
