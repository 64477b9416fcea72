import type { ConnectError } from "@connectrpc/connect";
import { type Compression, encodeEnvelope, envelopeCompress } from "@connectrpc/connect/protocol";
import { endStreamFlag } from "@connectrpc/connect/protocol-connect";
import { grpcStatusOk } from "@connectrpc/connect/protocol-grpc";
import { trailerFlag, trailerSerialize } from "@connectrpc/connect/protocol-grpc-web";
import { type Call, noteFailure } from "../call.ts";
import { toCallError, toConnectError } from "../error.ts";
import { drained, type HttpRequest, type HttpResponse, hasLeft } from "../http.ts";
import { createPieceWriter, createPlainWriter, type PieceWriter } from "../piece-writer.ts";
import { type Framing, framingOf, grpcAnswerType, isJsonType } from "../rpc/framing.ts";
import { grpcTrailers } from "../rpc/grpc-trailers.ts";
import { endOfStream, sendFailure, sendTrailersOnly } from "../rpc/send-failure.ts";
import { compressionOf, compressMinBytes } from "./lean-protocol.ts";

/** The framing of a stream, by the head of its request. */
export interface LeanStream {
  readonly framing: Exclude<Framing, "connect-unary">;
  readonly isJson: boolean;
  readonly contentType: string;
  /** The header that names the compression of messages. */
  readonly encodingHeader: string;
  /** The compression of large messages; null when the caller accepts none. */
  readonly compression: Compression | null;
}

const contentTypes: ReadonlySet<string> = new Set([
  ...["application/grpc", "application/grpc+proto", "application/grpc+json"],
  ...["application/grpc-web", "application/grpc-web+proto", "application/grpc-web+json"],
  ...["application/connect+proto", "application/connect+json"],
]);

/** The framing of a stream that the fast path can serve; undefined for anything unusual. */
export function leanStreamOf({ method, headers, httpVersionMajor }: HttpRequest): LeanStream | undefined {
  const asked = headers["content-type"] ?? "";
  if (method !== "POST" || !contentTypes.has(asked)) return undefined;
  const framing = framingOf(asked) as LeanStream["framing"];
  // gRPC needs trailers, which its clients only take over HTTP/2.
  if (framing === "grpc" && httpVersionMajor !== 2) return undefined;
  const isConnect = framing === "connect-stream";
  const encodingHeader = isConnect ? "connect-content-encoding" : "grpc-encoding";
  if ((headers[encodingHeader] ?? "identity") !== "identity") return undefined;
  return {
    framing,
    isJson: isJsonType(asked),
    contentType: isConnect ? asked : grpcAnswerType(framing, asked),
    encodingHeader,
    compression: compressionOf(headers, isConnect ? "connect-accept-encoding" : "grpc-accept-encoding"),
  };
}

/** Sends messages as they come, no faster than the caller reads, and how they ended. */
export async function sendStream(
  messages: AsyncIterable<Uint8Array>,
  stream: LeanStream,
  response: HttpResponse,
  call: Call,
): Promise<void> {
  let writer: PieceWriter | undefined;
  let error: ConnectError | undefined;
  // From here on the call counts as successful, also when its reader ends it.
  call.status = 0;
  try {
    for await (const message of messages) {
      const envelope = await envelopeOf(message, stream.compression);
      if (hasLeft(response)) return;
      writer ??= beginAnswer(stream, response);
      if (!writer.write(envelope)) await drained(response);
    }
  } catch (thrown) {
    const failure = toCallError(thrown);
    noteFailure(call, failure);
    error = toConnectError(failure);
  }
  if (hasLeft(response)) return;
  const isFirst = stream.framing === "grpc" && !response.headersSent;
  if (isFirst && error !== undefined) sendFailure(response, stream.contentType, error);
  else endAnswer(stream, response, writer ?? beginAnswer(stream, response), error);
}

function envelopeOf(data: Uint8Array, compression: Compression | null): Uint8Array | Promise<Uint8Array> {
  if (compression === null || data.length < compressMinBytes) return encodeEnvelope(0, data);
  return envelopeCompress({ flags: 0, data }, compression, compressMinBytes).then((compressed) =>
    encodeEnvelope(compressed.flags, compressed.data),
  );
}

function beginAnswer(
  { framing, contentType, encodingHeader, compression }: LeanStream,
  response: HttpResponse,
): PieceWriter {
  response.setHeader("content-type", contentType);
  if (compression !== null) response.setHeader(encodingHeader, compression.name);
  return framing === "connect-stream" ? createPieceWriter(response) : createPlainWriter(response);
}

/** Sends the end of a stream: trailers over gRPC, else an envelope of its own. */
function endAnswer(
  { framing, contentType }: LeanStream,
  response: HttpResponse,
  writer: PieceWriter,
  error: ConnectError | undefined,
): void {
  if (framing === "connect-stream") {
    writer.write(encodeEnvelope(endStreamFlag, endOfStream(error)));
    writer.end();
    return;
  }
  const trailers = error === undefined ? new Headers({ "grpc-status": grpcStatusOk }) : grpcTrailers(error);
  if (framing === "grpc-web") writer.write(encodeEnvelope(trailerFlag, trailerSerialize(trailers)));
  else if (!response.headersSent) {
    // Without a body the head would end the stream, and the trailers would be lost.
    sendTrailersOnly(response, contentType, trailers);
    return;
  } else response.addTrailers(Object.fromEntries(trailers));
  writer.end();
}
