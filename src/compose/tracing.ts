import type { Attributes, SpanContext } from "@opentelemetry/api";
import type { SpanExporter } from "@opentelemetry/sdk-trace";
import { type Call, isProbe } from "../api/call.ts";
import type { HttpRequest, HttpResponse } from "../api/http.ts";
import type { Outcome } from "../api/outcome.ts";
import { valueUnder } from "../base/value-under.ts";
import { within } from "../base/within.ts";
import type { SamplerName } from "../config/telemetry-variables.ts";
import type { RegisteredModel } from "../registry/model.ts";
import type { Predictor } from "../registry/ports.ts";
import { RegistryError } from "../registry/registry-error.ts";
import { type CollectorOptions, pairOf } from "./collector-options.ts";
import { addOutcome, attributesOfRequest, attributesOfUpstream, isServerError } from "./span-attributes.ts";
import {
  beginSpan,
  EndedSpan,
  type OpenSpan,
  type SpanEnd,
  type SpanRules,
  spanKinds,
  traceparentOf,
} from "./spans.ts";

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
  const [{ ROOT_CONTEXT }, sdk, { OTLPTraceExporter }, { resourceFromAttributes }] = await Promise.all([
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
  const byRatio = new sdk.TraceIdRatioBasedSampler(options.sampledRatio);
  const isSampledByRatio = (traceId: string): boolean =>
    byRatio.shouldSample(ROOT_CONTEXT, traceId).decision === sdk.SamplingDecision.RECORD_AND_SAMPLED;
  const ids = new sdk.RandomIdGenerator();
  const rules: SpanRules = {
    generateTraceId: () => ids.generateTraceId(),
    generateSpanId: () => ids.generateSpanId(),
    isSampled: samplerNamed(options.sampler, isSampledByRatio),
  };
  const origin = {
    resource: resourceFromAttributes({
      ...Object.fromEntries(options.resourceAttributes.map(pairOf)),
      "service.name": options.serviceName,
    }),
    instrumentationScope: { name: "kserve-model-registry" },
  };
  const endSpan = (span: OpenSpan, end: SpanEnd): void => {
    // The library drops what is too much in silence: it is counted here, and not handed over.
    if (ended - collector.taken() >= maxWaitingSpans) {
      spans.dropped++;
      return;
    }
    ended++;
    batches.onEnd(new EndedSpan(span, end, origin));
  };
  // A model that changes is another object.
  const attributesByModel = new WeakMap<RegisteredModel, UpstreamAttributes>();

  return {
    spans,
    startCall(call, request) {
      if (isProbe(call, request)) return undefined;
      const span = beginSpan(rules, spanKinds.server, call.traceparent);
      call.traceparent = traceparentOf(span);
      if (!span.isSampled) return undefined;
      const attributes = attributesOfRequest(call, request);
      return (outcome, response) => {
        addOutcome(attributes, call, outcome, response);
        endSpan(span, { name: call.method, attributes, isError: isServerError(call, outcome, response) });
      };
    },

    tracePredictor: (predictor) => ({
      ...predictor,
      async predict(upstreamCall) {
        const { model, headers } = upstreamCall;
        const span = beginSpan(rules, spanKinds.client, headers.traceparent);
        const traced = { ...upstreamCall, headers: { ...headers, traceparent: traceparentOf(span) } };
        if (!span.isSampled) return await predictor.predict(traced);
        const known = valueUnder(attributesByModel, model, () =>
          upstreamAttributes(attributesOfUpstream(model, predictor.predictPath(model))),
        );
        const end = (isError: boolean, status?: number, attempts = 1, more?: Attributes): void => {
          const attributes =
            status === 200 && attempts === 1 && more === undefined
              ? known.answered
              : {
                  ...known.asked,
                  ...(status === undefined ? {} : { "http.response.status_code": status }),
                  ...(attempts > 1 ? { "http.request.resend_count": attempts - 1 } : {}),
                  ...more,
                };
          endSpan(span, { name: "POST", attributes, isError });
        };
        try {
          const answer = await predictor.predict(traced);
          end(false, answer.status ?? 200, answer.attempts);
          return answer;
        } catch (error) {
          const { upstreamStatus, attempts } = (error instanceof RegistryError && error.failure) || {};
          const errorType = upstreamStatus === undefined ? reasonOf(error) : String(upstreamStatus);
          end(true, upstreamStatus, attempts, { "error.type": errorType });
          throw error;
        }
      },
    }),

    // The last traces are not worth a stop that waits for a collector that is gone.
    shutdown() {
      const limitMs = collector.isDown() ? 100 : shutdownLimitMs;
      return within(limitMs, batches.shutdown(), () => new Error(`not sent within ${limitMs} ms`));
    },
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

/** The attributes of a call to a model: as it begins, and with the answer that most calls get. */
interface UpstreamAttributes {
  readonly asked: Attributes;
  readonly answered: Attributes;
}

function upstreamAttributes(asked: Attributes): UpstreamAttributes {
  return { asked, answered: { ...asked, "http.response.status_code": 200 } };
}

/** As the convention has it for what is no error of ours: the name of the class. */
function reasonOf(error: unknown): string {
  if (error instanceof RegistryError) return error.reason;
  return error instanceof Error ? error.name : "_OTHER";
}

/** Whether a span is kept, by a sampler as OpenTelemetry's specification names it. */
function samplerNamed(name: SamplerName, isSampledByRatio: (traceId: string) => boolean): SpanRules["isSampled"] {
  const root = { always_on: () => true, always_off: () => false, traceidratio: isSampledByRatio }[
    name.replace("parentbased_", "") as "always_on" | "always_off" | "traceidratio"
  ];
  const isByParent = name.startsWith("parentbased_");
  return (traceId, parent?: SpanContext) =>
    isByParent && parent !== undefined ? parent.traceFlags === 1 : root(traceId);
}
