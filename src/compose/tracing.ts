import type { Span, Tracer } from "@opentelemetry/api";
import type { Call } from "../api/call.ts";
import type { Predictor } from "../registry/ports.ts";

/** Traces of calls, and of the calls to models within them. */
export interface Tracing {
  /** Starts the span of a call, and makes it the parent of what the call does. Returns what ends it. */
  startCall(call: Call): (outcome: string, failed: boolean) => void;
  /** A predictor whose calls have spans. */
  tracePredictor(predictor: Predictor): Predictor;
  shutdown(): Promise<void>;
}

export interface TracingOptions {
  /** The base address of the collector; traces go to `/v1/traces` below it. */
  readonly endpoint: string;
  readonly serviceName: string;
}

/**
 * Sends OpenTelemetry traces by OTLP over HTTP. The libraries are loaded only here, so that a server without a
 * collector never pays for them.
 */
export async function createTracing(options: TracingOptions): Promise<Tracing> {
  const [{ SpanKind, SpanStatusCode, ROOT_CONTEXT, trace }, sdk, { OTLPTraceExporter }, { resourceFromAttributes }] =
    await Promise.all([
      import("@opentelemetry/api"),
      import("@opentelemetry/sdk-trace"),
      import("@opentelemetry/exporter-trace-otlp-proto"),
      import("@opentelemetry/resources"),
    ]);
  const exporter = new OTLPTraceExporter({ url: `${options.endpoint.replace(/\/+$/, "")}/v1/traces` });
  const provider = new sdk.TracerProvider({
    resource: resourceFromAttributes({ "service.name": options.serviceName }),
    // The caller's decision holds: half a trace helps nobody.
    sampler: new sdk.ParentBasedSampler({ root: new sdk.AlwaysOnSampler() }),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter })],
  });
  const tracer: Tracer = provider.getTracer("kserve-model-registry");

  const startSpan = (name: string, kind: number, traceparent: string | undefined): Span => {
    const parent = traceparent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parse(traceparent));
    return tracer.startSpan(name, { kind }, parent);
  };

  return {
    startCall(call) {
      const span = startSpan(call.method, SpanKind.SERVER, call.traceparent);
      call.traceparent = format(span);
      return (outcome, failed) => {
        span.updateName(call.method);
        span.setAttributes({
          "rpc.system": call.protocol,
          "kserve.registry.outcome": outcome,
          "kserve.registry.request_id": call.requestId,
          ...(call.model === undefined ? {} : { "kserve.registry.model": call.model }),
          ...(call.reason === undefined ? {} : { "error.type": call.reason }),
        });
        if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      };
    },

    tracePredictor: (predictor) => ({
      ...predictor,
      async predict(upstreamCall) {
        const { model, headers } = upstreamCall;
        const span = startSpan(`predict ${model.name}`, SpanKind.CLIENT, headers.traceparent);
        span.setAttributes({
          "kserve.registry.model": model.name,
          "server.address": new URL(model.address.url).hostname,
        });
        try {
          return await predictor.predict({ ...upstreamCall, headers: { ...headers, traceparent: format(span) } });
        } catch (error) {
          span.setStatus({ code: SpanStatusCode.ERROR });
          throw error;
        } finally {
          span.end();
        }
      },
    }),

    shutdown: () => within(provider.shutdown(), shutdownLimitMs),
  };
}

/** The last traces are not worth a stop that hangs on a collector that is gone. */
const shutdownLimitMs = 2000;

async function within(work: Promise<void>, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not sent within ${limitMs} ms`)), limitMs);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function parse(traceparent: string) {
  const [, traceId = "", spanId = "", flags = "00"] = traceparent.split("-");
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
}

function format(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
}
