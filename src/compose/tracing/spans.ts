import type { Attributes, HrTime, SpanContext, SpanStatus } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";

/** OpenTelemetry's numbers of `SpanKind`. */
export const spanKinds = { server: 1, client: 2 } as const;

/** A span that has begun, whether it is kept or not: its context goes on to the model in any case. */
export interface OpenSpan {
  readonly kind: (typeof spanKinds)[keyof typeof spanKinds];
  readonly context: SpanContext;
  readonly parent: SpanContext | undefined;
  readonly isSampled: boolean;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** By the clock that nobody sets. */
  readonly startedMs: number;
}

/** How spans get their numbers, and which are kept. */
export interface SpanRules {
  generateTraceId(): string;
  generateSpanId(): string;
  isSampled(traceId: string, parent: SpanContext | undefined): boolean;
}

/**
 * Begins a span below the one that a `traceparent` names, or a trace of its own. The library's tracer does it with a context,
 * and checks every attribute, for each span: a good part of what a traced call costs more.
 */
export function beginSpan(rules: SpanRules, kind: OpenSpan["kind"], traceparent: string | undefined): OpenSpan {
  const parent = traceparent === undefined ? undefined : readTraceparent(traceparent, kind === spanKinds.server);
  const traceId = parent?.traceId ?? rules.generateTraceId();
  const isSampled = rules.isSampled(traceId, parent);
  return {
    kind,
    context: { traceId, spanId: rules.generateSpanId(), traceFlags: isSampled ? 1 : 0 },
    parent,
    isSampled,
    startedAt: Date.now(),
    startedMs: performance.now(),
  };
}

/** The trace context that says which span calls. */
export function traceparentOf({ context: { traceId, spanId, traceFlags } }: OpenSpan): string {
  return `00-${traceId}-${spanId}-0${traceFlags}`;
}

function readTraceparent(traceparent: string, isRemote: boolean): SpanContext {
  const [, traceId = "", spanId = "", flags = "00"] = traceparent.split("-");
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote };
}

/** Who made the spans of this process. */
export type SpanOrigin = Pick<ReadableSpan, "resource" | "instrumentationScope">;

/** What is known of a span at its end. */
export interface SpanEnd {
  readonly name: string;
  readonly attributes: Attributes;
  readonly isError: boolean;
}

const none: never[] = [];
const [unset, failed]: [SpanStatus, SpanStatus] = [{ code: 0 }, { code: 2 }];

/** A span that has ended, as the exporters take it. */
export class EndedSpan implements ReadableSpan {
  readonly name: string;
  readonly kind: OpenSpan["kind"];
  readonly parentSpanContext?: SpanContext;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly duration: HrTime;
  readonly status: SpanStatus;
  readonly attributes: Attributes;
  readonly resource: SpanOrigin["resource"];
  readonly instrumentationScope: SpanOrigin["instrumentationScope"];
  readonly links = none;
  readonly events = none;
  readonly ended = true;
  readonly droppedAttributesCount = 0;
  readonly droppedEventsCount = 0;
  readonly droppedLinksCount = 0;
  readonly #context: SpanContext;

  constructor(open: OpenSpan, { name, attributes, isError }: SpanEnd, origin: SpanOrigin) {
    const tookMs = performance.now() - open.startedMs;
    this.name = name;
    this.kind = open.kind;
    this.#context = open.context;
    if (open.parent !== undefined) this.parentSpanContext = open.parent;
    this.startTime = hrTimeOf(open.startedAt);
    this.endTime = hrTimeOf(open.startedAt + tookMs);
    this.duration = hrTimeOf(tookMs);
    this.status = isError ? failed : unset;
    this.attributes = attributes;
    this.resource = origin.resource;
    this.instrumentationScope = origin.instrumentationScope;
  }

  spanContext(): SpanContext {
    return this.#context;
  }
}

/** Seconds, and nanoseconds beside them. */
function hrTimeOf(ms: number): HrTime {
  return [Math.trunc(ms / 1000), Math.trunc((ms % 1000) * 1e6)];
}
