import type { IncomingHttpHeaders } from "node:http";
import type { Http2ServerResponse } from "node:http2";
import type { ConnectError } from "@connectrpc/connect";
import { type Compression, compressionNegotiate } from "@connectrpc/connect/protocol";
import { codeToHttpStatus, errorToJsonBytes } from "@connectrpc/connect/protocol-connect";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import { trailerSerialize } from "@connectrpc/connect/protocol-grpc-web";
import { endResponse } from "../end-response.ts";
import type { HttpRequest, HttpResponse } from "../http.ts";
import { compressions } from "../rpc/connect-handler.ts";

/** How a unary call is framed, read off the head of its request. */
export interface LeanCall {
  readonly kind: "grpc" | "grpc-web" | "connect-proto" | "connect-json";
  /** The caller's deadline, in milliseconds from the start of the call; undefined when it has none. */
  readonly timeoutMs: number | undefined;
  /** How a large answer is compressed; null when the caller takes none. */
  readonly compression: Compression | null;
}

/** Answers below this are not worth compressing; Connect's own default. */
const compressMinBytes = 1024;

const kinds: Readonly<Record<string, LeanCall["kind"]>> = {
  "application/grpc": "grpc",
  "application/grpc+proto": "grpc",
  "application/grpc-web": "grpc-web",
  "application/grpc-web+proto": "grpc-web",
  "application/proto": "connect-proto",
  "application/json": "connect-json",
};

const grpcUnitsMs: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

/** The framing of a call that can be served the lean way; undefined for anything out of the ordinary. */
export function leanCallOf(request: HttpRequest): LeanCall | undefined {
  const { headers } = request;
  const kind = kinds[headers["content-type"] ?? ""];
  if (kind === undefined || request.method !== "POST") return undefined;
  if (kind === "grpc" || kind === "grpc-web") {
    // gRPC needs trailers, which its clients only take over HTTP/2.
    if (kind === "grpc" && request.httpVersionMajor !== 2) return undefined;
    if (headers["grpc-encoding"] !== undefined && headers["grpc-encoding"] !== "identity") return undefined;
    return withTimeout(kind, headers, "grpc-accept-encoding", grpcTimeoutMs(headers["grpc-timeout"]));
  }
  const encoding = headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity") return undefined;
  return withTimeout(kind, headers, "accept-encoding", connectTimeoutMs(headers["connect-timeout-ms"]));
}

function withTimeout(
  kind: LeanCall["kind"],
  headers: IncomingHttpHeaders,
  acceptHeader: string,
  timeoutMs: number | undefined | "malformed",
): LeanCall | undefined {
  if (timeoutMs === "malformed") return undefined;
  const accepted = headers[acceptHeader];
  const compression =
    typeof accepted === "string"
      ? compressionNegotiate([...compressions], null, accepted, acceptHeader).response
      : null;
  return { kind, timeoutMs, compression };
}

function grpcTimeoutMs(header: string | string[] | undefined): number | undefined | "malformed" {
  if (header === undefined) return undefined;
  const match = /^(\d{1,8})([HMSmun])$/.exec(String(header));
  return match === null ? "malformed" : Number(match[1]) * grpcUnitsMs[match[2]!]!;
}

function connectTimeoutMs(header: string | string[] | undefined): number | undefined | "malformed" {
  if (header === undefined) return undefined;
  return /^\d{1,10}$/.test(String(header)) ? Number(header) : "malformed";
}

const envelopeSize = 5;
const trailerFlag = 0x80;
const compressedFlag = 0x01;

/** How many bytes of a request body come on top of its message. */
export function overheadOf(kind: LeanCall["kind"]): number {
  return kind === "grpc" || kind === "grpc-web" ? envelopeSize : 0;
}

/** The message in a request body; undefined when the body is not exactly one plain message. */
export function messageOf(kind: LeanCall["kind"], body: Buffer): Buffer | undefined {
  if (kind !== "grpc" && kind !== "grpc-web") return body;
  if (body.length < envelopeSize || body[0] !== 0 || body.readUInt32BE(1) !== body.length - envelopeSize)
    return undefined;
  return body.subarray(envelopeSize);
}

const okTrailer = Buffer.from("\u0080\u0000\u0000\u0000\u0010grpc-status: 0\r\n", "latin1");
okTrailer.writeUInt32BE(okTrailer.length - envelopeSize, 1);

/** Sends the message of an answer. */
export async function sendMessage(response: HttpResponse, call: LeanCall, message: Uint8Array): Promise<void> {
  const { kind } = call;
  const compress = call.compression !== null && message.length >= compressMinBytes;
  const content = compress ? await call.compression.compress(message) : message;
  if (response.destroyed) return;
  if (kind === "connect-proto" || kind === "connect-json") {
    response.setHeader("content-type", kind === "connect-proto" ? "application/proto" : "application/json");
    if (compress) response.setHeader("content-encoding", call.compression.name);
    response.setHeader("content-length", content.length);
    endResponse(response, content);
    return;
  }
  setGrpcHead(response, call);
  const head = Buffer.allocUnsafe(envelopeSize);
  head[0] = compress ? compressedFlag : 0;
  head.writeUInt32BE(content.length, 1);
  if (kind === "grpc-web") {
    endResponse(response, Buffer.concat([head, content, okTrailer]));
    return;
  }
  response.addTrailers({ "grpc-status": "0" });
  response.end(Buffer.concat([head, content]));
}

/** Sends an error. */
export function sendFailure(response: HttpResponse, call: LeanCall, error: ConnectError): void {
  if (response.destroyed) return;
  if (call.kind === "connect-proto" || call.kind === "connect-json") {
    const body = errorToJsonBytes(error, undefined);
    response.statusCode = codeToHttpStatus(error.code);
    response.setHeader("content-type", "application/json");
    response.setHeader("content-length", body.length);
    response.end(body);
    return;
  }
  setGrpcHead(response, call);
  const trailer = setTrailerStatus(new Headers(), error);
  if (call.kind === "grpc") {
    // Without a body the head would end the stream, and the trailers would be lost.
    sendHead(response);
    response.addTrailers(Object.fromEntries(trailer));
    response.end();
    return;
  }
  const text = trailerSerialize(trailer);
  const head = Buffer.allocUnsafe(envelopeSize);
  head[0] = trailerFlag;
  head.writeUInt32BE(text.length, 1);
  response.end(Buffer.concat([head, text]));
}

function setGrpcHead(response: HttpResponse, call: LeanCall): void {
  response.setHeader("content-type", `application/${call.kind}+proto`);
  if (call.compression !== null) response.setHeader("grpc-encoding", call.compression.name);
}

function sendHead(response: HttpResponse): void {
  if (response.stream === undefined) response.flushHeaders();
  else (response as Http2ServerResponse).writeHead(200);
}
