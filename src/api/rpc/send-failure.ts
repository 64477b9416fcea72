import type { ConnectError } from "@connectrpc/connect";
import { encodeEnvelope } from "@connectrpc/connect/protocol";
import {
  codeToHttpStatus,
  endStreamFlag,
  endStreamToJson,
  errorToJsonBytes,
} from "@connectrpc/connect/protocol-connect";
import { trailerFlag, trailerSerialize } from "@connectrpc/connect/protocol-grpc-web";
import type { HttpResponse } from "../http.ts";
import { sendBytes } from "../http-message.ts";
import { framingOf, grpcAnswerType } from "./framing.ts";
import { grpcTrailers } from "./grpc-trailers.ts";

export interface FailureOptions {
  /** What goes out beside the status: in trailers where the protocol has them, else in the head. */
  readonly trailers?: Headers;
  /** The HTTP status of a unary call of Connect. Default: that of the code. */
  readonly httpStatus?: number;
}

/**
 * Answers a call with an error and nothing else, in the form of its protocol. Over gRPC that is Trailers-Only: by it
 * clients know that nothing has begun, and may try again.
 *
 * @param contentType of the request, or of the answer
 */
export function sendFailure(
  response: HttpResponse,
  contentType: string,
  error: ConnectError,
  { trailers, httpStatus }: FailureOptions = {},
): void {
  if (response.destroyed || response.headersSent) return;
  const framing = framingOf(contentType);
  switch (framing) {
    case "grpc":
      sendTrailersOnly(response, grpcAnswerType(framing, contentType), grpcTrailers(error, trailers));
      break;
    case "grpc-web":
      sendBytes(response, 200, encodeEnvelope(trailerFlag, trailerSerialize(grpcTrailers(error, trailers))), {
        "content-type": grpcAnswerType(framing, contentType),
      });
      break;
    case "connect-stream":
      // A stream succeeds, and its end says that it has failed.
      sendBytes(response, 200, encodeEnvelope(endStreamFlag, endOfStream(error, trailers)), {
        "content-type": contentType,
      });
      break;
    case "connect-unary":
      sendBytes(response, httpStatus ?? codeToHttpStatus(error.code), errorToJsonBytes(error, undefined), {
        "content-type": "application/json",
      });
  }
}

/** The last message of a stream of Connect, which may have failed. */
export function endOfStream(error: ConnectError | undefined, metadata: Headers = new Headers()): Uint8Array {
  return Buffer.from(JSON.stringify(endStreamToJson(metadata, error, undefined)));
}

/** Ends a gRPC call without a message: its status goes out with the head. */
export function sendTrailersOnly(response: HttpResponse, contentType: string, trailers: Headers): void {
  const headers = { ...Object.fromEntries(trailers), "content-type": contentType };
  const { stream } = response;
  if (stream === undefined) {
    response.writeHead(200, { ...headers, "content-length": 0 });
    response.end();
    return;
  }
  // A stream that was reset as it opened is gone by now.
  if (stream.destroyed || stream.closed) return;
  // Headers and the end of the stream in one frame. Two frames would commit the call, and grpc-go would miss the trailers.
  stream.respond({ ":status": 200, ...response.getHeaders(), ...headers }, { endStream: true });
}
