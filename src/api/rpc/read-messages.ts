import type { DescMethod } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { BodyBuffer } from "../body-buffer.ts";
import { tooLarge } from "../body-limits.ts";
import { type BodyCount, countDecompressed, countPieces } from "../count-body.ts";
import { type ContentEncoding, decompress, isContentEncoding, limited } from "../decompress.ts";
import { assertJsonText } from "../json-text.ts";
import { stepOfLargeBody } from "../large-body.ts";
import { countValues } from "./count-values.ts";
import { EnvelopeReader, headBytes } from "./envelope-reader.ts";
import { isJsonType } from "./framing.ts";
import type { MessageLimits } from "./message-limits.ts";

type Body = AsyncIterable<Uint8Array>;

export interface ReadOptions {
  readonly method: DescMethod;
  readonly limits: MessageLimits;
  /** Counts the bytes in memory. Undefined: they are not counted. */
  readonly count: BodyCount | undefined;
  /** Whether the bytes have been counted as they were read. Default: false. */
  readonly isCounted?: boolean;
}

/** The headers that name the compression of a request, and those that its answer may have. */
const headerNames = {
  unary: { encoding: "content-encoding", accept: "accept-encoding" },
  stream: { encoding: "connect-content-encoding", accept: "connect-accept-encoding" },
  grpc: { encoding: "grpc-encoding", accept: "grpc-accept-encoding" },
} as const;

/** What a value that a message is decoded into counts for in memory, beside the bytes of the message. */
const valueBytes = 128;

/**
 * Reads the messages of an RPC on their way to Connect, one whole message at a time: decompressed, no larger and with no
 * more values than its method takes. Connect would hold all of a compressed message and then the decompressed one beside
 * it, and make objects of whatever comes. The headers change with the body. An encoding that is not known is left for
 * Connect to refuse.
 */
export function readMessages(body: Body, headers: Headers, options: ReadOptions): Body {
  const contentType = headers.get("content-type") ?? "";
  const framing = framingOf(contentType);
  // Connect refuses it by its type. Were there one that it takes after all, nothing would come of it.
  if (framing === undefined) return nothing();
  const names = headerNames[framing];
  const named = headers.get(names.encoding);
  const encoding = isContentEncoding(named) ? named : undefined;
  if (encoding !== undefined) {
    headers.delete(names.encoding);
    // Who does not say what it takes gets what it sends.
    if (!headers.get(names.accept)) headers.set(names.accept, encoding);
  }
  const reading: Reading = { ...options, encoding, isJson: isJsonType(contentType) };
  // What is compressed in a way that is not known is not looked into.
  const isOpaque = named !== null && named !== "identity" && encoding === undefined;
  if (framing !== "unary") return envelopes(new EnvelopeReader(body), reading);
  const length = Number(headers.get("content-length") ?? 0);
  headers.delete("content-length");
  return isOpaque ? body : unaryMessage(body, length, reading);
}

async function* nothing(): AsyncGenerator<never> {}

interface Reading extends ReadOptions {
  readonly encoding: ContentEncoding | undefined;
  readonly isJson: boolean;
}

function framingOf(contentType: string): keyof typeof headerNames | undefined {
  if (contentType.startsWith("application/grpc")) return "grpc";
  if (contentType.startsWith("application/connect+")) return "stream";
  return /^application\/(json|proto)\b/.test(contentType) ? "unary" : undefined;
}

async function* unaryMessage(body: Body, length: number, reading: Reading): AsyncGenerator<Uint8Array> {
  // One that says it is too large is not begun with.
  if (length > reading.limits.maxBytes) throw tooLarge(reading.limits);
  yield await wholeMessage(body, reading.encoding, reading);
}

const compressedFlag = 1;

async function* envelopes(reader: EnvelopeReader, reading: Reading): AsyncGenerator<Uint8Array> {
  const { limits, encoding, count } = reading;
  const { methodKind } = reading.method;
  const isSingle = methodKind === "unary" || methodKind === "server_streaming";
  try {
    for (let number = 1; ; number++) {
      const head = await reader.head();
      // Half a head is for Connect to refuse.
      if (head.byteLength < headBytes) {
        yield head;
        return;
      }
      if (isSingle && number > 1) throw extraMessage(methodKind);
      const flags = head.readUInt8(0);
      const size = head.readUInt32BE(1);
      if (size > limits.maxBytes) throw tooLarge(limits);
      const isCompressed = (flags & compressedFlag) !== 0;
      if (isCompressed && encoding === undefined) {
        // Compressed in a way that is not known, or that was not named.
        yield head;
        yield* reader.message();
        continue;
      }
      // A message of nothing is compressed to nothing.
      const message = await wholeMessage(reader.message(), isCompressed && size > 0 ? encoding : undefined, reading);
      head.writeUInt8(flags & ~compressedFlag);
      // Of one that breaks off the size stays, so that Connect sees what is missing.
      if (isCompressed) head.writeUInt32BE(message.byteLength, 1);
      yield head;
      const pause = stepOfLargeBody(message.byteLength, reader);
      if (pause !== undefined) await pause;
      yield message;
      // In a stream the next message takes the place of this one.
      if (!isSingle) count?.memory.giveBack(count.holder);
    }
  } finally {
    reader.close();
  }
}

/** @throws RegistryError REQUEST_TOO_LARGE, SERVER_OVERLOADED, INVALID_REQUEST */
async function wholeMessage(body: Body, encoding: ContentEncoding | undefined, reading: Reading): Promise<Buffer> {
  const { limits, count, isJson } = reading;
  const plain = encoding === undefined ? limited(body, limits) : decompress(body, encoding, limits);
  // Of a body that was counted as it was read, what it is decompressed to comes on top.
  const further = encoding === undefined ? plain : countDecompressed(plain, count);
  const buffer = new BodyBuffer();
  for await (const piece of reading.isCounted ? further : countPieces(plain, count)) buffer.append(piece);
  const message = buffer.take();
  checkMessage(message, isJson, reading);
  return message;
}

/**
 * Checks a whole message before it is decoded, and counts what it will be decoded into.
 *
 * @throws RegistryError REQUEST_TOO_LARGE, SERVER_OVERLOADED, INVALID_REQUEST
 */
export function checkMessage(message: Uint8Array, isJson: boolean, { limits, count, method }: ReadOptions): void {
  if (isJson) assertJsonText(message, "message");
  const maxValues = isJson ? (limits.maxJsonValues ?? limits.maxValues) : limits.maxValues;
  const values = countValues(message, method.input, isJson, maxValues);
  if (values > maxValues) throw limits.tooMany();
  count?.memory.take(count.holder, values * valueBytes);
}

/** In the words of Connect, which would read all of them first. */
function extraMessage(methodKind: "unary" | "server_streaming"): ConnectError {
  const kind = methodKind === "unary" ? "unary" : "server-streaming";
  return new ConnectError(`protocol error: received extra input message for ${kind} method`, Code.Unimplemented);
}
