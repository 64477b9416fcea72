import type { SpanExporter } from "@opentelemetry/sdk-trace";
import { within } from "../../base/within.ts";
import { type CollectorOptions, pairOf } from "./collector-options.ts";
import { EndedSpan, type OpenSpan, type SpanEnd } from "./spans.ts";

/** What became of the spans that were to be kept. */
export type SpanCounts = {
  sent: number;
  /** The collector did not take them. */
  failed: number;
  /** More were waiting than there is room for. */
  dropped: number;
};

export interface SpanBatchesOptions {
  readonly collector: CollectorOptions;
  readonly serviceName: string;
  /** `name=value`, percent-encoded. */
  readonly resourceAttributes: readonly string[];
  /** Called once when the collector stops taking spans, and once when it takes them again. */
  readonly onCollector: (problem: Error | undefined) => void;
}

/** Takes spans that have ended, and sends them to the collector in batches. */
export interface SpanBatches {
  readonly counts: Readonly<SpanCounts>;
  end(span: OpenSpan, end: SpanEnd): void;
  /** Sends what waits. Fails where the collector does not take it in time. */
  shutdown(): Promise<void>;
}

/** So many spans may wait for the collector. */
const maxWaitingSpans = 2048;

/** How long the last spans may take as the process stops, in milliseconds. */
const shutdownLimitMs = 2000;
/** The same where the collector has not taken spans before: they are not worth a stop that waits for it. */
const shutdownLimitWhenDownMs = 100;

/** Sends spans by OTLP over HTTP. The libraries are loaded here, so that a server without a collector never pays for them. */
export async function createSpanBatches(options: SpanBatchesOptions): Promise<SpanBatches> {
  const [sdk, { OTLPTraceExporter }, { resourceFromAttributes }] = await Promise.all([
    import("@opentelemetry/sdk-trace"),
    import("@opentelemetry/exporter-trace-otlp-proto"),
    import("@opentelemetry/resources"),
  ]);
  const { url, headers, timeoutMs, compression, authorities: ca, certificate: cert, key } = options.collector;
  const counts: SpanCounts = { sent: 0, failed: 0, dropped: 0 };
  const collector = watchCollector(
    new OTLPTraceExporter({
      url,
      headers,
      timeoutMillis: timeoutMs,
      // Its type is an enum of a package that is not ours to import.
      compression: compression as never,
      httpAgentOptions: { keepAlive: true, ca, cert, key },
    }),
    counts,
    options.onCollector,
  );
  const batches = new sdk.BatchSpanProcessor({ exporter: collector.exporter, maxQueueSize: maxWaitingSpans });
  const origin = {
    resource: resourceFromAttributes({
      ...Object.fromEntries(options.resourceAttributes.map(pairOf)),
      "service.name": options.serviceName,
    }),
    instrumentationScope: { name: "kserve-model-registry" },
  };
  let ended = 0;
  return {
    counts,
    end(span, end) {
      // The library silently drops spans beyond its limit: they are counted here, and not handed over.
      if (ended - collector.taken() >= maxWaitingSpans) {
        counts.dropped++;
        return;
      }
      ended++;
      batches.onEnd(new EndedSpan(span, end, origin));
    },
    shutdown() {
      const limitMs = collector.isDown() ? shutdownLimitWhenDownMs : shutdownLimitMs;
      return within(limitMs, batches.shutdown(), () => new Error(`not sent within ${limitMs} ms`));
    },
  };
}

/** An exporter that counts what becomes of its spans, and reports when the collector goes away and comes back. */
function watchCollector(inner: SpanExporter, counts: SpanCounts, onCollector: SpanBatchesOptions["onCollector"]) {
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
