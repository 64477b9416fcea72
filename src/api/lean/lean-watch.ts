import { fromBinary } from "@bufbuild/protobuf";
import { type ConnectError, createContextValues } from "@connectrpc/connect";
import {
  type Compression,
  compressionNegotiate,
  createMethodUrl,
  encodeEnvelope,
  envelopeCompress,
  type UniversalServerRequest,
  type UniversalServerResponse,
} from "@connectrpc/connect/protocol";
import { endStreamFlag } from "@connectrpc/connect/protocol-connect";
import { grpcStatusOk, setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import { trailerFlag, trailerSerialize } from "@connectrpc/connect/protocol-grpc-web";
import {
  ModelRegistry,
  type WatchModelsRequest,
  WatchModelsRequestSchema,
} from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { accessOf, callKey, noteFailure } from "../call.ts";
import { toCallError, toConnectError } from "../error.ts";
import type { DirectHandler } from "../rpc/connect-handler.ts";
import { compressions } from "../rpc/framing.ts";
import { endOfStream } from "../rpc/send-failure.ts";
import { type WatchDeps, watchForCaller } from "../rpc/watch-for-caller.ts";
import type { WatchedEvent } from "../watch/watch-events.ts";
import { compressMinBytes, messageOf } from "./lean-protocol.ts";
import { writeWatchEvent } from "./write-watch-event.ts";

/** The framing of a watch, by the head of its request. */
interface LeanStream {
  readonly framing: "grpc" | "grpc-web" | "connect-stream";
  readonly contentType: string;
  /** The header that names the compression of messages. */
  readonly encodingHeader: string;
  /** The compression of large messages; null when the caller accepts none. */
  readonly compression: Compression | null;
}

const framings: Readonly<Record<string, LeanStream["framing"]>> = {
  "application/grpc": "grpc",
  "application/grpc+proto": "grpc",
  "application/grpc-web": "grpc-web",
  "application/grpc-web+proto": "grpc-web",
  "application/connect+proto": "connect-stream",
};
const headers = {
  grpc: { contentType: "application/grpc+proto", prefix: "grpc-", encoding: "grpc-encoding", timeout: "grpc-timeout" },
  "grpc-web": {
    ...{
      contentType: "application/grpc-web+proto",
      prefix: "grpc-",
      encoding: "grpc-encoding",
      timeout: "grpc-timeout",
    },
  },
  "connect-stream": {
    ...{ contentType: "application/connect+proto", prefix: "connect-", encoding: "connect-content-encoding" },
    timeout: "connect-timeout-ms",
  },
} as const;

/**
 * The fast path for WatchModels, without Connect's iterables and a message object for each event: in a large registry
 * every watch begins with thousands of events. It takes what browsers and most clients send: one uncompressed protobuf
 * message without a deadline. Everything else goes to Connect, with what has been read of it.
 */
function createLeanWatch(deps: WatchDeps): DirectHandler {
  return async (request, general) => {
    const stream = leanStreamOf(request);
    if (stream === undefined) return general(request);
    const body = await readBody(request.body as AsyncIterable<Uint8Array>);
    const asked = body.error === undefined ? requestIn(body.bytes) : undefined;
    if (asked === undefined) return general({ ...request, body: again(body) });
    return answer(deps, request, stream, asked);
  };
}

/** The streams that the fast path serves, by their paths. */
export function createLeanStreams(deps: WatchDeps): ReadonlyMap<string, DirectHandler> {
  return new Map([[createMethodUrl("/", ModelRegistry.method.watchModels), createLeanWatch(deps)]]);
}

function leanStreamOf({ method, header }: UniversalServerRequest): LeanStream | undefined {
  const framing = framings[header.get("content-type") ?? ""];
  if (framing === undefined || method !== "POST") return undefined;
  const { contentType, prefix, encoding, timeout } = headers[framing];
  if (header.has(timeout) || (header.get(encoding) ?? "identity") !== "identity") return undefined;
  const acceptHeader = `${prefix}accept-encoding`;
  const { response } = compressionNegotiate([...compressions], null, header.get(acceptHeader), acceptHeader);
  return { framing, contentType, encodingHeader: encoding, compression: response };
}

interface ReadBody {
  readonly bytes: Buffer;
  /** The error that ended reading. */
  readonly error?: unknown;
}

/** Reads a whole body. Whoever passes it bounds its size. */
async function readBody(body: AsyncIterable<Uint8Array>): Promise<ReadBody> {
  const pieces: Uint8Array[] = [];
  try {
    for await (const piece of body) pieces.push(piece);
  } catch (error) {
    return { bytes: Buffer.concat(pieces), error };
  }
  return { bytes: Buffer.concat(pieces) };
}

async function* again({ bytes, error }: ReadBody): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes;
  if (error !== undefined) throw error;
}

/** The request in a body; undefined when the body is not exactly one plain message. */
function requestIn(body: Buffer): WatchModelsRequest | undefined {
  const message = messageOf("grpc", body);
  if (message === undefined) return undefined;
  try {
    return fromBinary(WatchModelsRequestSchema, message, { readUnknownFields: false });
  } catch {
    return undefined;
  }
}

function answer(
  deps: WatchDeps,
  { contextValues = createContextValues(), signal }: UniversalServerRequest,
  stream: LeanStream,
  asked: WatchModelsRequest,
): UniversalServerResponse {
  const call = contextValues.get(callKey);
  const header = new Headers({ "content-type": stream.contentType });
  if (stream.compression !== null) header.set(stream.encodingHeader, stream.compression.name);
  const trailer = new Headers();
  const fail = (thrown: unknown): ConnectError => {
    const error = toCallError(thrown);
    noteFailure(call, error);
    return toConnectError(error);
  };
  if (call !== undefined) call.status = 0;
  const events = watchForCaller(deps, asked, accessOf({ values: contextValues }), signal);
  return { status: 200, header, trailer, body: envelopesOf(events, stream, trailer, fail) };
}

/** The events in their framing, and the end of the stream: trailers over gRPC, else an envelope of its own. */
async function* envelopesOf(
  events: AsyncIterable<WatchedEvent>,
  { framing, compression }: LeanStream,
  trailer: Headers,
  fail: (thrown: unknown) => ConnectError,
): AsyncGenerator<Uint8Array> {
  let error: ConnectError | undefined;
  try {
    for await (const event of events) {
      const data = writeWatchEvent(event);
      if (compression === null || data.length < compressMinBytes) yield encodeEnvelope(0, data);
      else {
        const compressed = await envelopeCompress({ flags: 0, data }, compression, compressMinBytes);
        yield encodeEnvelope(compressed.flags, compressed.data);
      }
    }
  } catch (thrown) {
    error = fail(thrown);
  }
  if (framing === "connect-stream") {
    yield encodeEnvelope(endStreamFlag, endOfStream(error));
    return;
  }
  trailer.set("grpc-status", grpcStatusOk);
  if (error !== undefined) setTrailerStatus(trailer, error);
  if (framing === "grpc-web") yield encodeEnvelope(trailerFlag, trailerSerialize(trailer));
}
