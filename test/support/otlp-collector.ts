import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
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
  close(): Promise<void>;
}

/** Starts a collector on a free port of loopback. It answers with the given status. */
export async function startCollector(status = 200): Promise<OtlpCollector> {
  const spans: CollectedSpan[] = [];
  const server = createServer((request, response) => {
    void buffer(request).then((body) => {
      if (request.url === "/v1/traces" && status === 200) spans.push(...spansOf(body));
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
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
