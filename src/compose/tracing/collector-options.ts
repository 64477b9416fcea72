import { readFileSync } from "node:fs";
import { withoutTrailingSlashes } from "../../base/field-reader.ts";
import type { Config } from "../../config/config.ts";

/** A collector of traces, and how it is spoken to. */
export interface CollectorOptions {
  /** The whole address that spans are sent to. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** How long a batch of spans may take, in milliseconds. */
  readonly timeoutMs: number;
  readonly compression: "none" | "gzip";
  /** PEM; undefined: that of Node. */
  readonly authorities: Buffer | undefined;
  /** PEM; undefined: none is shown. */
  readonly certificate: Buffer | undefined;
  readonly key: Buffer | undefined;
}

/**
 * The collector that the configuration names; undefined where it names none.
 *
 * @throws Error for a file that cannot be read
 */
export function collectorOf(config: Config): CollectorOptions | undefined {
  const { otlpEndpoint, otlpTracesEndpoint } = config;
  const url = otlpTracesEndpoint ?? (otlpEndpoint && `${withoutTrailingSlashes(otlpEndpoint)}/v1/traces`);
  if (url === undefined || config.otelSdkDisabled) return undefined;
  return {
    url,
    headers: Object.fromEntries([...config.otlpHeaders, ...config.otlpTracesHeaders].map(pairOf)),
    timeoutMs: config.otlpTracesTimeoutMs ?? config.otlpTimeoutMs,
    compression: config.otlpTracesCompression ?? config.otlpCompression,
    authorities: fileOf("CERTIFICATE", config.otlpTracesCertificate ?? config.otlpCertificate),
    certificate: fileOf("CLIENT_CERTIFICATE", config.otlpTracesClientCertificate ?? config.otlpClientCertificate),
    key: fileOf("CLIENT_KEY", config.otlpTracesClientKey ?? config.otlpClientKey),
  };
}

/** Reads `name=value`, whose value is percent-encoded. */
export function pairOf(text: string): [string, string] {
  const end = text.indexOf("=");
  return [text.slice(0, end), decodeURIComponent(text.slice(end + 1))];
}

function fileOf(variable: string, path: string | undefined): Buffer | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path);
  } catch (error) {
    throw new Error(`OTEL_EXPORTER_OTLP_${variable}, of traces or of all: ${(error as Error).message}`);
  }
}
