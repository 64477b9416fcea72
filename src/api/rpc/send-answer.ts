import { Code, ConnectError } from "@connectrpc/connect";
import {
  type EnvelopedMessage,
  encodeEnvelope,
  envelopeDecompress,
  type UniversalServerResponse,
} from "@connectrpc/connect/protocol";
import { endStreamFlag, endStreamFromJson, errorFromJsonBytes } from "@connectrpc/connect/protocol-connect";
import { findTrailerError } from "@connectrpc/connect/protocol-grpc";
import { trailerFlag, trailerParse, trailerSerialize } from "@connectrpc/connect/protocol-grpc-web";
import { drained, type HttpResponse, hasLeft } from "../http.ts";
import { createPieceWriter, createPlainWriter, type PieceWriter } from "../piece-writer.ts";
import { compressions, framingOf } from "./framing.ts";
import { grpcTrailers } from "./grpc-trailers.ts";
import { endOfStream, sendFailure, sendTrailersOnly } from "./send-failure.ts";

/** Looks at the error that a call ends with before it goes out, and returns the one to send instead. */
export type LastWord = (error: ConnectError) => ConnectError;

/**
 * Writes what Connect answers. In its own way of doing so, an error is a head and then trailers, which commits the call
 * at the client, and a body that nobody reads is waited for before it goes out.
 */
export async function sendAnswer(
  answer: UniversalServerResponse,
  response: HttpResponse,
  lastWord: LastWord,
): Promise<void> {
  const body = answer.body?.[Symbol.asyncIterator]();
  const header = answer.header ?? new Headers();
  const contentType = header.get("content-type") ?? "";
  const framing = framingOf(contentType);
  try {
    const first = await body?.next();
    if (hasLeft(response)) return;
    response.statusCode = answer.status;
    for (const [name, value] of header) response.setHeader(name, value);
    if (body === undefined || first === undefined) {
      response.end();
      return;
    }
    switch (framing) {
      case "grpc":
        await sendGrpc(
          body,
          first,
          { header, trailer: answer.trailer ?? new Headers() },
          { response, contentType, lastWord },
        );
        break;
      case "connect-unary":
        await sendUnary(body, first, Number(header.get("content-length")), { response, contentType, lastWord });
        break;
      default: {
        const encoding = header.get("grpc-encoding");
        const writer = framing === "connect-stream" ? createPieceWriter(response) : createPlainWriter(response);
        await writeAll(body, first, writer, response, (envelope) => lastEnvelope(envelope, encoding, lastWord));
        writer.end();
      }
    }
  } finally {
    // The body of a unary answer is bytes that are there already.
    if (framing !== "connect-unary") body?.return?.().catch(() => {});
  }
}

type Body = AsyncIterator<Uint8Array>;
type First = IteratorResult<Uint8Array>;

interface Metadata {
  readonly header: Headers;
  readonly trailer: Headers;
}

interface Destination {
  readonly response: HttpResponse;
  readonly contentType: string;
  readonly lastWord: LastWord;
}

async function sendGrpc(body: Body, first: First, { header, trailer }: Metadata, to: Destination): Promise<void> {
  const { response, contentType, lastWord } = to;
  const writer = createPlainWriter(response);
  await writeAll(body, first, writer, response);
  const error = findTrailerError(trailer);
  if (first.done === true && !hasOwnHeader(header)) {
    response.removeHeader("grpc-encoding");
    if (error === undefined) sendTrailersOnly(response, contentType, trailer);
    else sendFailure(response, contentType, lastWord(error), { trailers: trailer });
    return;
  }
  // Without a body the head would end the stream, and the trailers would be lost.
  if (first.done === true) response.flushHeaders();
  const trailers = error === undefined ? trailer : grpcTrailers(lastWord(error), trailer);
  response.addTrailers(Object.fromEntries(trailers));
  writer.end();
}

/** Whether a method has set headers, which clients take for trailers where these come with the head. */
function hasOwnHeader(header: Headers): boolean {
  for (const [name] of header) if (name !== "content-type" && name !== "grpc-encoding") return true;
  return false;
}

async function sendUnary(body: Body, first: First, length: number, to: Destination): Promise<void> {
  const { response, contentType, lastWord } = to;
  const whole = first.done !== true && first.value.byteLength === length;
  // To ask whether that was all costs a small answer as much as its encoding.
  const content = whole ? first.value : await wholeOf(body, first);
  // An error that is large enough to be compressed is none of Connect's own.
  if (response.statusCode !== 200 && !response.hasHeader("content-encoding")) {
    const error = errorFromJsonBytes(content, undefined, new ConnectError("", Code.Unknown));
    const last = lastWord(error);
    if (last !== error) {
      sendFailure(response, contentType, last);
      return;
    }
  }
  response.end(content);
}

const envelopeSize = 5;
const compressedFlag = 1;
/** More than any trailers that are sent here, in bytes. */
const maxHeadBytes = 64 * 1024;

/** Connect hands over envelope by envelope. The last one, with the status, has a flag of its own. */
async function lastEnvelope(envelope: Uint8Array, encoding: string | null, lastWord: LastWord): Promise<Uint8Array> {
  const flags = envelope[0]!;
  const data = envelope.subarray(envelopeSize);
  if ((flags & trailerFlag) !== 0) {
    // Connect compresses large trailers, which not every client expects.
    const trailer = trailerParse((flags & compressedFlag) === 0 ? data : await decompressed({ flags, data }, encoding));
    const error = findTrailerError(trailer);
    return error === undefined
      ? envelope
      : encodeEnvelope(trailerFlag, trailerSerialize(grpcTrailers(lastWord(error), trailer)));
  }
  if (flags === endStreamFlag) {
    const { error, metadata } = endStreamFromJson(data);
    const last = error && lastWord(error);
    return last === error || last === undefined ? envelope : encodeEnvelope(endStreamFlag, endOfStream(last, metadata));
  }
  return envelope;
}

async function decompressed(envelope: EnvelopedMessage, encoding: string | null): Promise<Uint8Array> {
  const compression = compressions.find(({ name }) => name === encoding) ?? null;
  return (await envelopeDecompress(envelope, compression, maxHeadBytes)).data;
}

async function wholeOf(body: Body, first: First): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for (let next = first; next.done !== true; next = await body.next()) pieces.push(next.value);
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
}

/** Writes piece by piece, no faster than the caller reads. Ends early when the caller leaves. */
async function writeAll(
  body: Body,
  first: First,
  writer: PieceWriter,
  response: HttpResponse,
  change?: (piece: Uint8Array) => Promise<Uint8Array>,
): Promise<void> {
  for (let next = first; next.done !== true && !hasLeft(response); next = await body.next()) {
    const piece = change === undefined ? next.value : await change(next.value);
    if (!writer.write(piece)) await drained(response);
  }
}
