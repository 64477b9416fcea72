import type { ConnectError } from "@connectrpc/connect";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import { escapeGrpcMessage } from "./grpc-message.ts";

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
