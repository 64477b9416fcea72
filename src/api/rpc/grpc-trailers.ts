import type { ConnectError } from "@connectrpc/connect";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc";

/**
 * The trailers of a failed call. The message stands in two of them, because clients differ in where they read it: grpc-go
 * in the details, grpc-js in `grpc-message`, and Python compares the two.
 */
export function grpcTrailers(error: ConnectError, trailers: Headers = new Headers()): Headers {
  setTrailerStatus(trailers, error);
  // Connect escapes all but letters and digits.
  trailers.set("grpc-message", escapeGrpcMessage(error.rawMessage));
  return trailers;
}

/**
 * A message as it stands in `grpc-message`. The gRPC specification escapes `%` and what is outside of printable ASCII;
 * some clients show everything else as it comes, so no more is escaped.
 */
export function escapeGrpcMessage(message: string): string {
  return message.toWellFormed().replace(/[^\x20-\x24\x26-\x7e]+/g, encodeURIComponent);
}
