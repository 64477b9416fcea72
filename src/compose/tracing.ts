import type { Attributes, Span, SpanStatus, Tracer } from "@opentelemetry/api";
import type { SpanExporter } from "@opentelemetry/sdk-trace";
import { type Call, isProbe } from "../api/call.ts";
import type { HttpRequest, HttpResponse } from "../api/http.ts";
import type { Outcome } from "../api/outcome.ts";
import type { SamplerName } from "../config/telemetry-variables.ts";
import type { RegisteredModel } from "../registry/model.ts";
import type { Predictor } from "../registry/ports.ts";
import { RegistryError } from "../registry/registry-error.ts";
import { type CollectorOptions, pairOf } from "./collector-options.ts";
import { attributesOfCall, attributesOfRequest, attributesOfUpstream, isServerError } from "./span-attributes.ts";

/** What became of the spans that were to be kept. */
export type SpanCounts = {
  sent: number;
  /** The collector did not take them. */
  failed: number;
  /** More were waiting than there is room for. */
  dropped: number;
};

/** Traces of calls, and of the calls to models within them. */
export interface Tracing {
  readonly spans: Readonly<SpanCounts>;
  /** Starts the span of a call, and makes it the parent of what the call does. Returns what ends it; no span of a probe. */
  startCall(call: Call, request: HttpRequest): ((outcome: Outcome, response: HttpResponse) => void) | undefined;
  /** A predictor whose calls have spans. */
  tracePredictor(predictor: Predictor): Predictor;
  shutdown(): Promise<void>;
}

export interface TracingOptions {
  readonly collector: CollectorOptions;
  readonly serviceName: string;
  /** `name=value`, percent-encoded. */
  readonly resourceAttributes: readonly string[];
  readonly sampler: SamplerName;
  /** The share of calls that the samplers `traceidratio` keep, from 0 to 1. */
  readonly sampledRatio: number;
  /** Called once when the collector stops taking spans, and once when it takes them again. */
  readonly onCollector: (problem: Error | undefined) => void;
}

/** So many spans may wait for the collector. */
const maxWaitingSpans = 2048;

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
  const {
    url,
    headers,
    timeoutMs: timeoutMillis,
    compression,
    authorities: ca,
    certificate: cert,
    key,
  } = options.collector;
  const spans: SpanCounts = { sent: 0, failed: 0, dropped: 0 };
  const collector = watchCollector(
    // The type of a compression is an enum of a package that is not ours to import.
    new OTLPTraceExporter({
      url,
      headers,
      timeoutMillis,
      compression: compression as never,
      httpAgentOptions: { keepAlive: true, ca, cert, key },
    }),
    spans,
    options.onCollector,
  );
  const batches = new sdk.BatchSpanProcessor({ exporter: collector.exporter, maxQueueSize: maxWaitingSpans });
  let ended = 0;
  const root = {
    always_on: () => new sdk.AlwaysOnSampler(),
    always_off: () => new sdk.AlwaysOffSampler(),
    traceidratio: () => new sdk.TraceIdRatioBasedSampler(options.sampledRatio),
  }[options.sampler.replace("parentbased_", "") as "always_on" | "always_off" | "traceidratio"]();
  const provider = new sdk.TracerProvider({
    resource: resourceFromAttributes({
      ...Object.fromEntries(options.resourceAttributes.map(pairOf)),
      "service.name": options.serviceName,
    }),
    sampler: options.sampler.startsWith("parentbased_") ? new sdk.ParentBasedSampler({ root }) : root,
    spanProcessors: [
      {
        onStart: () => {},
        // The library drops what is too much in silence: it is counted here, and not handed over.
        onEnd(span) {
          if ((span.spanContext().traceFlags & 1) === 0) return;
          if (ended - collector.taken() >= maxWaitingSpans) {
            spans.dropped++;
            return;
          }
          ended++;
          batches.onEnd(span);
        },
        forceFlush: () => batches.forceFlush(),
        shutdown: () => batches.shutdown(),
      },
    ],
  });
  const tracer: Tracer = provider.getTracer("kserve-model-registry");
  const errorStatus: SpanStatus = { code: SpanStatusCode.ERROR };
  // A model that changes is another object.
  const attributesByModel = new WeakMap<RegisteredModel, Attributes>();

  const startSpan = (name: string, kind: number, traceparent: string | undefined, attributes: Attributes): Span => {
    const parent = traceparent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parse(traceparent));
    return tracer.startSpan(name, { kind, attributes }, parent);
  };

  return {
    spans,
    startCall(call, request) {
      if (isProbe(call, request)) return undefined;
      const span = startSpan(call.method, SpanKind.SERVER, call.traceparent, attributesOfRequest(call, request));
      call.traceparent = format(span);
      return (outcome, response) => {
        span.updateName(call.method);
        span.setAttributes(attributesOfCall(call, outcome, response));
        if (isServerError(call, outcome, response)) span.setStatus(errorStatus);
        span.end();
      };
    },

    tracePredictor: (predictor) => ({
      ...predictor,
      async predict(upstreamCall) {
        const { model, headers } = upstreamCall;
        let attributes = attributesByModel.get(model);
        if (attributes === undefined) {
          attributes = attributesOfUpstream(model, predictor.predictPath(model));
          attributesByModel.set(model, attributes);
        }
        const span = startSpan("POST", SpanKind.CLIENT, headers.traceparent, attributes);
        try {
          const answer = await predictor.predict({
            ...upstreamCall,
            headers: { ...headers, traceparent: format(span) },
          });
          span.setAttribute("http.response.status_code", answer.status ?? 200);
          if (answer.attempts > 1) span.setAttribute("http.request.resend_count", answer.attempts - 1);
          return answer;
        } catch (error) {
          if (error instanceof RegistryError) {
            const { upstreamStatus, attempts = 1 } = error.failure ?? {};
            span.setAttribute("error.type", upstreamStatus === undefined ? error.reason : String(upstreamStatus));
            if (upstreamStatus !== undefined) span.setAttribute("http.response.status_code", upstreamStatus);
            if (attempts > 1) span.setAttribute("http.request.resend_count", attempts - 1);
          }
          span.setStatus(errorStatus);
          throw error;
        } finally {
          span.end();
        }
      },
    }),

    // The last traces are not worth a stop that waits for a collector that is gone.
    shutdown: () => within(provider.shutdown(), collector.isDown() ? 100 : shutdownLimitMs),
  };
}

const shutdownLimitMs = 2000;

/** An exporter that counts what becomes of its spans, and reports when the collector goes away and comes back. */
function watchCollector(inner: SpanExporter, counts: SpanCounts, onCollector: TracingOptions["onCollector"]) {
  let taken = 0;
  let down = false;
  const exporter: SpanExporter = {
    export(batch, done) {
      taken += batch.length;
      inner.export(batch, (result) => {
        const failed = result.code !== 0;
        counts[failed ? "failed" : "sent"] += batch.length;
        if (failed !== down) {
          down = failed;
          onCollector(failed ? (result.error ?? new Error("it refuses them")) : undefined);
        }
        // What could not be sent is counted; the library would write lines of its own about it.
        done({ code: 0 });
      });
    },
    forceFlush: () => inner.forceFlush?.() ?? Promise.resolve(),
    shutdown: () => inner.shutdown(),
  };
  return { exporter, taken: () => taken, isDown: () => down };
}

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
