import type { IncomingHttpHeaders } from "node:http";
import { type DescMessage, fromBinary, fromJsonString, type MessageShape } from "@bufbuild/protobuf";
import { type Compression, compressionNegotiate, encodeEnvelope } from "@connectrpc/connect/protocol";
import { grpcStatusOk, setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import { trailerFlag, trailerSerialize } from "@connectrpc/connect/protocol-grpc-web";
import type { HttpRequest, HttpResponse } from "../http.ts";
import { headBytes } from "../rpc/envelope-reader.ts";
import { compressions } from "../rpc/framing.ts";
import { messageInEnvelope } from "../rpc/single-envelope.ts";

/** The framing of a unary call, by the head of its request. */
export interface LeanCall {
  readonly kind: "grpc" | "grpc-web" | "connect-proto" | "connect-json";
  /** The compression of a large answer; null when the caller accepts none. */
  readonly compression: Compression | null;
}

/** Answers below this are not worth compressing; Connect's own default. */
export const compressMinBytes = 1024;

const kinds: Readonly<Record<string, LeanCall["kind"]>> = {
  "application/grpc": "grpc",
  "application/grpc+proto": "grpc",
  "application/grpc-web": "grpc-web",
  "application/grpc-web+proto": "grpc-web",
  "application/proto": "connect-proto",
  "application/json": "connect-json",
};

/** The framing of a call that the fast path can serve; undefined for anything unusual. */
export function leanCallOf(request: HttpRequest): LeanCall | undefined {
  const { headers } = request;
  const kind = kinds[headers["content-type"] ?? ""];
  if (kind === undefined || request.method !== "POST") return undefined;
  if (kind === "grpc" || kind === "grpc-web") {
    // gRPC needs trailers, which its clients only take over HTTP/2.
    if (kind === "grpc" && request.httpVersionMajor !== 2) return undefined;
    if (headers["grpc-encoding"] !== undefined && headers["grpc-encoding"] !== "identity") return undefined;
    return { kind, compression: compressionOf(headers, "grpc-accept-encoding") };
  }
  const encoding = headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity") return undefined;
  return { kind, compression: compressionOf(headers, "accept-encoding") };
}

/** The compression of large answers; null when the caller accepts none. */
export function compressionOf(headers: IncomingHttpHeaders, acceptHeader: string): Compression | null {
  const accepted = headers[acceptHeader];
  return typeof accepted === "string"
    ? compressionNegotiate([...compressions], null, accepted, acceptHeader).response
    : null;
}

const compressedFlag = 0x01;

/** How many bytes the framing adds to a message. */
export function overheadOf(kind: LeanCall["kind"]): number {
  return kind === "grpc" || kind === "grpc-web" ? headBytes : 0;
}

/** The message in a request body; undefined when the body is not exactly one plain message. */
export function messageOf(kind: LeanCall["kind"], body: Buffer): Buffer | undefined {
  return kind === "grpc" || kind === "grpc-web" ? messageInEnvelope(body) : body;
}

const okTrailer = encodeEnvelope(trailerFlag, trailerSerialize(setTrailerStatus(new Headers(), undefined)));

/** Sends the message of an answer, at once unless it is to be compressed. Returns how many bytes its body has. */
export function sendMessage(response: HttpResponse, call: LeanCall, message: Uint8Array): number | Promise<number> {
  const { compression } = call;
  if (compression === null || message.length < compressMinBytes) return sendContent(response, call, message, false);
  return compression.compress(message).then((content) => sendContent(response, call, content, true));
}

function sendContent(
  response: HttpResponse,
  { kind, compression }: LeanCall,
  content: Uint8Array,
  isCompressed: boolean,
): number {
  if (response.destroyed) return 0;
  if (kind === "connect-proto" || kind === "connect-json") {
    response.setHeader("content-type", kind === "connect-proto" ? "application/proto" : "application/json");
    if (isCompressed) response.setHeader("content-encoding", compression!.name);
    response.setHeader("content-length", content.length);
    response.end(content);
    return content.length;
  }
  response.setHeader("content-type", `application/${kind}+proto`);
  if (compression !== null) response.setHeader("grpc-encoding", compression.name);
  const envelope = envelopeOf(isCompressed ? compressedFlag : 0, content);
  if (kind === "grpc-web") {
    response.end(Buffer.concat([envelope, okTrailer]));
    return envelope.length + okTrailer.length;
  }
  response.addTrailers({ "grpc-status": grpcStatusOk });
  response.end(envelope);
  return envelope.length;
}

/**
 * Does what Connect's `encodeEnvelope` does, in pooled memory: allocating a buffer of its own costs more than
 * everything else here.
 */
function envelopeOf(flags: number, content: Uint8Array): Buffer {
  const envelope = Buffer.allocUnsafe(headBytes + content.length);
  envelope[0] = flags;
  envelope.writeUInt32BE(content.length, 1);
  envelope.set(content, headBytes);
  return envelope;
}

/** A message; undefined where it is not one. Unknown fields of protobuf are dropped, and those of JSON are not taken. */
export function readMessage<Desc extends DescMessage>(
  schema: Desc,
  message: Buffer,
  isJson: boolean,
): MessageShape<Desc> | undefined {
  try {
    return isJson
      ? fromJsonString(schema, message.toString())
      : fromBinary(schema, message, { readUnknownFields: false });
  } catch {
    return undefined;
  }
}
