import { create } from "@bufbuild/protobuf";
import { type ContextKey, type ContextValues, createContextKey, type Interceptor } from "@connectrpc/connect";
import { compressionNegotiate, encodeEnvelope, type UniversalServerResponse } from "@connectrpc/connect/protocol";
import { isLongerThan } from "../../base/json-pieces.ts";
import { longTexts, pieceChars } from "../../base/text-pieces.ts";
import { whenNotBusy } from "../../base/yield-if-busy.ts";
import { writtenInTurns } from "../written-text.ts";
import { compressions, framingOf } from "./framing.ts";
import { messagePieces } from "./message-pieces.ts";

/** Where the bytes of the long answer of a call are left. */
interface LongAnswer {
  bytes?: Buffer;
}

const longAnswerKey: ContextKey<LongAnswer | undefined> = createContextKey<LongAnswer | undefined>(undefined, {
  description: "long answer",
});

/**
 * Connect writes an answer in one go, which takes tens of milliseconds for megabytes of JSON. A long answer is written here, in
 * several turns of the event loop, and Connect gets an empty one in its place.
 */
export const longAnswerInterceptor: Interceptor = (next) => async (request) => {
  const answer = request.contextValues.get(longAnswerKey);
  // A long request has just been decoded, which takes its time as well.
  if (answer !== undefined && !request.stream && isLongerThan(pieceChars, request.message)) {
    await whenNotBusy(longTexts);
  }
  const response = await next(request);
  if (answer === undefined || response.stream || !isLongerThan(pieceChars, response.message)) return response;
  const { signal, method, url, header } = request;
  const json =
    request.requestMethod === "GET"
      ? new URL(url).searchParams.get("encoding") === "json"
      : header.get("content-type")?.includes("json") === true;
  const pieces = messagePieces(method.output, response.message, json);
  answer.bytes = await writtenInTurns(pieces, () => !signal.aborted);
  signal.throwIfAborted();
  return { ...response, message: create(method.output) };
};

/** Lets `longAnswerInterceptor` write the answer of a call, and puts it where Connect has left an empty one. */
export async function withLongAnswer(
  { header: asked, contextValues }: { readonly header: Headers; readonly contextValues: ContextValues },
  answered: () => Promise<UniversalServerResponse>,
): Promise<UniversalServerResponse> {
  const answer: LongAnswer = {};
  contextValues.set(longAnswerKey, answer);
  const response = await answered();
  const { bytes } = answer;
  const { body } = response;
  if (bytes === undefined || body === undefined || response.status !== 200) return response;
  const header = new Headers(response.header);
  if (framingOf(header.get("content-type") ?? "") !== "connect-unary") {
    return { ...response, body: withFirst(body, await envelopeOf(bytes, header.get("grpc-encoding"))) };
  }
  const names = [asked.get("content-encoding"), asked.get("accept-encoding"), "accept-encoding"] as const;
  const compression = compressionNegotiate([...compressions], ...names).response;
  const content = compression === null ? bytes : await compression.compress(bytes);
  if (compression !== null) header.set("content-encoding", compression.name);
  header.set("content-length", String(content.byteLength));
  return { ...response, header, body: withFirst(body, content) };
}

async function envelopeOf(bytes: Uint8Array, encoding: string | null): Promise<Uint8Array> {
  const compression = compressions.find(({ name }) => name === encoding);
  return compression === undefined ? encodeEnvelope(0, bytes) : encodeEnvelope(1, await compression.compress(bytes));
}

/** A body with another first piece. */
async function* withFirst(body: AsyncIterable<Uint8Array>, first: Uint8Array): AsyncGenerator<Uint8Array> {
  let isFirst = true;
  for await (const piece of body) {
    yield isFirst ? first : piece;
    isFirst = false;
  }
}
