import { createServer, type IncomingHttpHeaders, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import type { TlsOptions } from "node:tls";
import { gunzipSync } from "node:zlib";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

/** A span as it arrived, with the parts that tests look at. */
export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first span of a trace. */
  readonly parentSpanId: string;
  readonly name: string;
  /** 2: server, 3: client. */
  readonly kind: number;
  readonly attributes: Readonly<Record<string, string>>;
  /** 0: unset, 1: ok, 2: error. */
  readonly status: number;
  readonly service: string;
  /** The attributes of what sent it. */
  readonly resource: Readonly<Record<string, string>>;
}

/** A collector of OpenTelemetry traces, by OTLP over HTTP with protobuf. */
export interface OtlpCollector {
  readonly url: string;
  readonly spans: readonly CollectedSpan[];
  /** The requests that spans came in. */
  readonly requests: readonly { readonly path: string; readonly headers: IncomingHttpHeaders }[];
  close(): Promise<void>;
}

/**
 * Starts a collector on a free port of loopback.
 *
 * @param status what it answers; 0: nothing, ever
 * @param tls what it speaks TLS with; undefined: it does not
 */
export async function startCollector(status = 200, tls?: TlsOptions): Promise<OtlpCollector> {
  const spans: CollectedSpan[] = [];
  const requests: { path: string; headers: IncomingHttpHeaders }[] = [];
  const listener: RequestListener = (request, response) => {
    void buffer(request).then((body) => {
      const { url: path = "", headers } = request;
      requests.push({ path, headers });
      const plain = headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
      if (path.endsWith("/traces") && status === 200) spans.push(...spansOf(plain));
      if (status !== 0) response.writeHead(status).end();
    });
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    requests,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** The fields of a message by their numbers: numbers as they are, everything else as bytes. */
type Fields = ReadonlyMap<number, readonly (number | Uint8Array)[]>;

/** Reads `opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest`. */
function spansOf(body: Uint8Array): CollectedSpan[] {
  return messages(fieldsOf(body), 1).flatMap((resourceSpans) => {
    const resource = messages(resourceSpans, 1)[0];
    const about = resource === undefined ? {} : attributesOf(resource, 1);
    return messages(resourceSpans, 2)
      .flatMap((scopeSpans) => messages(scopeSpans, 2))
      .map((span) => ({
        traceId: hex(span, 1),
        spanId: hex(span, 2),
        parentSpanId: hex(span, 4),
        name: text(span, 5),
        kind: number(span, 6),
        attributes: attributesOf(span, 9),
        status: number(messages(span, 15)[0], 3),
        service: about["service.name"] ?? "",
        resource: about,
      }));
  });
}

function fieldsOf(bytes: Uint8Array): Fields {
  const fields = new Map<number, (number | Uint8Array)[]>();
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    const values = fields.get(field) ?? [];
    fields.set(field, values);
    if (type === WireType.LengthDelimited) values.push(reader.bytes());
    else if (type === WireType.Varint) values.push(Number(reader.uint64()));
    else reader.skip(type, field);
  }
  return fields;
}

function messages(fields: Fields, field: number): Fields[] {
  return (fields.get(field) ?? []).map((value) => fieldsOf(value as Uint8Array));
}

function bytes(fields: Fields | undefined, field: number): Buffer {
  return Buffer.from((fields?.get(field)?.[0] as Uint8Array | undefined) ?? []);
}

function text(fields: Fields | undefined, field: number): string {
  return bytes(fields, field).toString();
}

function hex(fields: Fields, field: number): string {
  return bytes(fields, field).toString("hex");
}

function number(fields: Fields | undefined, field: number): number {
  return (fields?.get(field)?.[0] as number | undefined) ?? 0;
}

/** The attributes that are texts, and those that are whole numbers, as texts. */
function attributesOf(fields: Fields, field: number): Record<string, string> {
  return Object.fromEntries(
    messages(fields, field).map((pair) => {
      const value = messages(pair, 2)[0];
      return [text(pair, 1), value?.has(3) === true ? String(number(value, 3)) : text(value, 1)];
    }),
  );
}
