import { isBaseUrl } from "../base/field-reader.ts";
import { checked, choice, integer, listOf, text, type ValuesOf } from "./config-variable.ts";

/** What OpenTelemetry's specification has twice: for all signals, and for traces alone, which goes before that. */
const all = "OTEL_EXPORTER_OTLP";
const traces = "OTEL_EXPORTER_OTLP_TRACES";

function headers(name: string, meaning: string) {
  return listOf(
    name,
    "headers such as authorization=Bearer%20abc,x-tenant=models, percent-encoded where necessary",
    (item) => /^[\w!#$%&'*+.^`|~-]+=.*$/.test(item) && isHeaderValue(item.slice(item.indexOf("=") + 1)),
    { secret: true, default: "", meaning },
  );
}

function endpoint(name: string, meaning: string) {
  return checked(name, "a base address", isBaseUrl, { meaning });
}

const timeoutLimits = [1, 600_000] as const;
const protocols = ["grpc", "http/protobuf", "http/json"] as const;
const compressions = ["none", "gzip"] as const;
const insteadOf = (name: string): string => `The same for traces, instead of \`${all}_${name}\`.`;

/** The collector of traces, by the names of OpenTelemetry's specification. */
export const otlpVariables = {
  otlpEndpoint: endpoint(
    `${all}_ENDPOINT`,
    "The collector for OpenTelemetry traces, called with OTLP over HTTP with protobuf at `/v1/traces` below this address. Without this and the next variable, tracing is off and costs nothing.",
  ),
  otlpTracesEndpoint: endpoint(
    `${traces}_ENDPOINT`,
    `The complete address for traces, including the path, instead of \`${all}_ENDPOINT\`.`,
  ),
  otlpProtocol: choice(`${all}_PROTOCOL`, protocols, {
    default: "http/protobuf",
    meaning:
      "The collector's protocol. With anything but `http/protobuf`, usually on port 4318, the server does not start.",
  }),
  otlpTracesProtocol: choice(`${traces}_PROTOCOL`, protocols, { meaning: insteadOf("PROTOCOL") }),
  otlpHeaders: headers(`${all}_HEADERS`, "Headers for the collector, `name=value`."),
  otlpTracesHeaders: headers(
    `${traces}_HEADERS`,
    `More headers, for traces; they override those of \`${all}_HEADERS\`.`,
  ),
  otlpTimeoutMs: integer(`${all}_TIMEOUT`, timeoutLimits, {
    default: "10000",
    meaning: "How long exporting a batch of spans may take, in milliseconds.",
  }),
  otlpTracesTimeoutMs: integer(`${traces}_TIMEOUT`, timeoutLimits, { meaning: insteadOf("TIMEOUT") }),
  otlpCompression: choice(`${all}_COMPRESSION`, compressions, {
    default: "none",
    meaning: "How spans are compressed.",
  }),
  otlpTracesCompression: choice(`${traces}_COMPRESSION`, compressions, { meaning: insteadOf("COMPRESSION") }),
  otlpCertificate: text(`${all}_CERTIFICATE`, "a path to a PEM file", {
    meaning: "The CA certificates for the collector. Read at startup. Unset: those of the image.",
  }),
  otlpTracesCertificate: text(`${traces}_CERTIFICATE`, "a path to a PEM file", { meaning: insteadOf("CERTIFICATE") }),
  otlpClientCertificate: text(`${all}_CLIENT_CERTIFICATE`, "a path to a PEM file", {
    meaning: "The client certificate for the collector; its key is in the next variable.",
  }),
  otlpTracesClientCertificate: text(`${traces}_CLIENT_CERTIFICATE`, "a path to a PEM file", {
    meaning: insteadOf("CLIENT_CERTIFICATE"),
  }),
  otlpClientKey: text(`${all}_CLIENT_KEY`, "a path to a PEM file", { meaning: "The private key of that certificate." }),
  otlpTracesClientKey: text(`${traces}_CLIENT_KEY`, "a path to a PEM file", { meaning: insteadOf("CLIENT_KEY") }),
} as const;

/** Why traces could not be sent as they are configured; who sets a protocol relies on it. */
export function otlpProblems(
  settings: ValuesOf<typeof otlpVariables> & { readonly otelSdkDisabled: boolean },
): string[] {
  const { otlpTracesProtocol: ofTraces, otlpProtocol: ofAll } = settings;
  const isOff = (settings.otlpTracesEndpoint ?? settings.otlpEndpoint) === undefined || settings.otelSdkDisabled;
  if (isOff || (ofTraces ?? ofAll) === "http/protobuf") return [];
  const variable = otlpVariables[ofTraces === undefined ? "otlpProtocol" : "otlpTracesProtocol"].name;
  return [
    `${variable}: ${ofTraces ?? ofAll} is not supported; use http/protobuf, usually on the collector's port 4318`,
  ];
}

function isHeaderValue(written: string): boolean {
  try {
    return /^[\t\x20-\x7e\x80-\xff]*$/.test(decodeURIComponent(written));
  } catch {
    return false;
  }
}
