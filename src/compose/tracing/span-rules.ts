import type { SpanContext } from "@opentelemetry/api";
import type { SamplerName } from "../../config/telemetry-variables.ts";
import type { SpanRules } from "./spans.ts";

/**
 * How spans get their identifiers, and which are kept.
 *
 * @param sampledRatio the share of traces that the samplers `traceidratio` keep, from 0 to 1
 */
export async function createSpanRules(sampler: SamplerName, sampledRatio: number): Promise<SpanRules> {
  const [{ ROOT_CONTEXT }, sdk] = await Promise.all([import("@opentelemetry/api"), import("@opentelemetry/sdk-trace")]);
  const ids = new sdk.RandomIdGenerator();
  const byRatio = new sdk.TraceIdRatioBasedSampler(sampledRatio);
  return {
    generateTraceId: () => ids.generateTraceId(),
    generateSpanId: () => ids.generateSpanId(),
    isSampled: samplerNamed(
      sampler,
      (traceId) => byRatio.shouldSample(ROOT_CONTEXT, traceId).decision === sdk.SamplingDecision.RECORD_AND_SAMPLED,
    ),
  };
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
