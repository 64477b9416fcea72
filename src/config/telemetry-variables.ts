import { checked, choice, flag, integer, listOf, text } from "./config-variable.ts";
import { otlpVariables } from "./otlp-variables.ts";

/** The samplers that OpenTelemetry's specification names, but for those of vendors. */
const samplers = [
  "always_on",
  "always_off",
  "traceidratio",
  "parentbased_always_on",
  "parentbased_always_off",
  "parentbased_traceidratio",
] as const;
export type SamplerName = (typeof samplers)[number];

/** The log, and traces by the names of OpenTelemetry's specification. */
export const telemetryVariables = {
  logLevel: choice("LOG_LEVEL", ["trace", "debug", "info", "warn", "error", "fatal", "silent"], {
    default: "info",
    meaning: "The lowest level of log lines to write. Calls are logged at `info`.",
  }),
  logValues: flag("LOG_VALUES", {
    default: "off",
    meaning:
      "`on` logs values of rows and messages of model servers when an error contains them. They may be personal data; without them, a message gives the location and what is allowed.",
  }),
  metricsMaxModels: integer("METRICS_MAX_MODELS", [0, 1_000_000], {
    default: "10000",
    meaning:
      'How many models have their own series in `/metrics`: 30 per model, and after failures up to 17 more and one per reason. Further models share those of `model="_other"`.',
  }),
  ...otlpVariables,
  otelSdkDisabled: flag("OTEL_SDK_DISABLED", { default: "false", meaning: "`true`: no traces, whatever else is set." }),
  otelServiceName: text("OTEL_SERVICE_NAME", "a name", {
    default: "kserve-model-registry",
    meaning: "The service name in traces. It takes precedence over a `service.name` in `OTEL_RESOURCE_ATTRIBUTES`.",
  }),
  otelResourceAttributes: listOf(
    "OTEL_RESOURCE_ATTRIBUTES",
    "attributes such as deployment.environment.name=production,service.namespace=models, percent-encoded where necessary",
    (item) => /^[^=\s]+=[^\s]*$/.test(item) && isPercentEncoded(item),
    { default: "", meaning: "Further attributes of this service in traces." },
  ),
  otelTracesSampler: choice("OTEL_TRACES_SAMPLER", samplers, {
    default: "parentbased_always_on",
    meaning: "Which calls are traced. With `parentbased_`, the caller's own sampling decision is used if it sends one.",
  }),
  otelTracesSamplerRatio: checked("OTEL_TRACES_SAMPLER_ARG", "a number from 0 to 1", /^(0|1|0?\.\d+|1\.0+|0\.\d+)$/, {
    default: "1",
    meaning: "The share of calls traced by the `traceidratio` samplers.",
  }),
} as const;

function isPercentEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
