import { isPacking, type Packing, unpack } from "../decompress.ts";
import { EnvelopeReader, headBytes } from "./envelope-reader.ts";

type Body = AsyncIterable<Uint8Array>;

export interface UnpackOptions {
  /** The largest message, before and after it is unpacked, in bytes. */
  readonly maxBytes: number;
  /** Passes on what is held from then on, so that it is counted. */
  readonly count: (pieces: Body) => Body;
}

/** The headers that name the compression of a request, and those that its answer may have. */
const headerNames = {
  unary: { encoding: "content-encoding", accept: "accept-encoding" },
  stream: { encoding: "connect-content-encoding", accept: "connect-accept-encoding" },
  grpc: { encoding: "grpc-encoding", accept: "grpc-accept-encoding" },
} as const;

/**
 * Unpacks the messages of an RPC on their way to Connect, which would hold all of a compressed one and then what it
 * unpacks to beside it. The headers change with the body. An encoding that is not known is left for Connect to refuse.
 */
export function unpackMessages(body: Body, headers: Headers, { maxBytes, count }: UnpackOptions): Body {
  const framing = framingOf(headers.get("content-type") ?? "");
  if (framing === undefined) return count(body);
  const { encoding, accept } = headerNames[framing];
  const packing = headers.get(encoding);
  if (!isPacking(packing)) return count(body);
  headers.delete(encoding);
  headers.delete("content-length");
  // Who does not say what it takes gets what it sends.
  if (!headers.get(accept)) headers.set(accept, packing);
  if (framing === "unary") return count(unpack(body, packing, maxBytes));
  return unpackEnvelopes(new EnvelopeReader(body), packing, { maxBytes, count });
}

function framingOf(contentType: string): keyof typeof headerNames | undefined {
  if (contentType.startsWith("application/grpc")) return "grpc";
  if (contentType.startsWith("application/connect+")) return "stream";
  return /^application\/(json|proto)\b/.test(contentType) ? "unary" : undefined;
}

const compressedFlag = 1;

async function* unpackEnvelopes(
  reader: EnvelopeReader,
  packing: Packing,
  { maxBytes, count }: UnpackOptions,
): AsyncGenerator<Uint8Array> {
  try {
    for (;;) {
      const head = await reader.head();
      if (head.byteLength < headBytes) {
        yield head;
        return;
      }
      const flags = head.readUInt8(0);
      const packedBytes = head.readUInt32BE(1);
      // One that says it is too large is for Connect to refuse.
      if ((flags & compressedFlag) === 0 || packedBytes > maxBytes) {
        yield head;
        yield* count(reader.message());
        continue;
      }
      const pieces: Uint8Array[] = [];
      let size = 0;
      // A message of nothing is compressed to nothing.
      if (packedBytes > 0) {
        for await (const piece of count(unpack(reader.message(), packing, maxBytes))) {
          pieces.push(piece);
          size += piece.byteLength;
        }
      }
      head.writeUInt8(flags & ~compressedFlag);
      head.writeUInt32BE(size, 1);
      yield head;
      yield* pieces;
    }
  } finally {
    reader.close();
  }
}
