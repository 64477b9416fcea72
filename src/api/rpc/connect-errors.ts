import { Code, ConnectError } from "@connectrpc/connect";
import type { UniversalServerResponse } from "@connectrpc/connect/protocol";
import {
  codeToHttpStatus,
  endStreamFlag,
  endStreamFromJson,
  endStreamToJson,
  errorFromJsonBytes,
  errorToJsonBytes,
} from "@connectrpc/connect/protocol-connect";
import { findTrailerError, setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import { trailerFlag, trailerParse, trailerSerialize } from "@connectrpc/connect/protocol-grpc-web";
import { ErrorInfoSchema } from "../../../gen/google/rpc/error_details_pb.ts";
import { type ErrorReason, RegistryError } from "../../registry/registry-error.ts";
import { tooLarge } from "../body-limits.ts";
import { toConnectError } from "../error.ts";

/** What is known of a call whose error Connect has made. */
export interface ErrorContext {
  readonly httpMethod: string;
  readonly maxMessageBytes: number;
  /** Is told of the error that goes out. */
  readonly onError: (error: RegistryError) => void;
}

/**
 * What never reaches a method is answered by Connect itself: messages that do not parse or are too large, deadlines that
 * are none. Here these errors get a reason, as every error of this service has one, and the code of that reason: Connect
 * calls a message that is no protobuf a fault of the server.
 */
export async function explainErrors(
  response: UniversalServerResponse,
  context: ErrorContext,
): Promise<UniversalServerResponse> {
  const { body, status, trailer } = response;
  const header = response.header ?? new Headers();
  const contentType = header.get("content-type") ?? "";
  if (body === undefined) return response;
  if (contentType.startsWith("application/grpc-web")) {
    return { ...response, body: withLastEnvelope(body, trailerFlag, (data) => grpcWebTrailer(data, context)) };
  }
  if (contentType.startsWith("application/grpc")) {
    return trailer === undefined ? response : { ...response, body: withTrailer(body, trailer, context) };
  }
  if (contentType.startsWith("application/connect+")) {
    return { ...response, body: withLastEnvelope(body, endStreamFlag, (data) => endStream(data, context)) };
  }
  if (status === 200 || header.has("content-encoding")) return response;
  const bytes = await readAll(body);
  const error = explain(errorFromJsonBytes(bytes, undefined, new ConnectError("", Code.Unknown)), context);
  if (error === undefined) return { ...response, body: only(bytes) };
  const written = errorToJsonBytes(error, undefined);
  header.set("content-length", String(written.byteLength));
  return { ...response, status: codeToHttpStatus(error.code), header, body: only(written) };
}

const reasons: Readonly<Partial<Record<Code, ErrorReason>>> = {
  [Code.InvalidArgument]: "INVALID_REQUEST",
  [Code.DeadlineExceeded]: "DEADLINE_EXCEEDED",
};

/** The error with its reason; undefined where there is none to add. */
function explain(error: ConnectError, context: ErrorContext): ConnectError | undefined {
  if (error.findDetails(ErrorInfoSchema).length > 0) return undefined;
  const explained = reasonOf(error, context);
  if (explained === undefined) return undefined;
  context.onError(explained);
  return toConnectError(explained);
}

function reasonOf({ code, rawMessage }: ConnectError, context: ErrorContext): RegistryError | undefined {
  if (code === Code.ResourceExhausted) return tooLarge(context.maxMessageBytes);
  if (code === Code.Internal) {
    const unreadable = /^parse binary: (.*)/s.exec(rawMessage);
    if (unreadable !== null) {
      return new RegistryError("INVALID_REQUEST", `The request is no message of the contract: ${unreadable[1]}`);
    }
    if (rawMessage === "decompression failed") {
      return new RegistryError("INVALID_REQUEST", "The request is not compressed the way that its headers say");
    }
    // Nothing else can fail of itself before the method of a GET request.
    if (context.httpMethod === "GET") {
      return new RegistryError("INVALID_REQUEST", "message: is not valid base64");
    }
  }
  const reason = reasons[code];
  return reason === undefined ? undefined : new RegistryError(reason, rawMessage);
}

type Body = AsyncIterable<Uint8Array>;

async function* withTrailer(body: Body, trailer: Headers, context: ErrorContext): Body {
  yield* body;
  explainTrailer(trailer, context);
}

function explainTrailer(trailer: Headers, context: ErrorContext): void {
  const error = findTrailerError(trailer);
  const explained = error === undefined ? undefined : explain(error, context);
  if (explained !== undefined) setTrailerStatus(trailer, explained);
}

function grpcWebTrailer(data: Uint8Array, context: ErrorContext): Uint8Array {
  const trailer = trailerParse(data);
  explainTrailer(trailer, context);
  return trailerSerialize(trailer);
}

function endStream(data: Uint8Array, context: ErrorContext): Uint8Array {
  const { error, metadata } = endStreamFromJson(data);
  const explained = error === undefined ? undefined : explain(error, context);
  return explained === undefined ? data : Buffer.from(JSON.stringify(endStreamToJson(metadata, explained, undefined)));
}

const envelopeSize = 5;

/** Connect hands over envelope by envelope. The last one has a flag of its own, and no other when it is not compressed. */
async function* withLastEnvelope(body: Body, flag: number, change: (data: Uint8Array) => Uint8Array): Body {
  for await (const envelope of body) {
    if (envelope[0] !== flag) {
      yield envelope;
      continue;
    }
    const data = change(envelope.subarray(envelopeSize));
    const head = Buffer.alloc(envelopeSize);
    head.writeUInt8(flag, 0);
    head.writeUInt32BE(data.byteLength, 1);
    yield Buffer.concat([head, data]);
  }
}

async function readAll(body: Body): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* only(bytes: Uint8Array): Body {
  yield bytes;
}
