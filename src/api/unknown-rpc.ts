import { Code } from "@connectrpc/connect";
import type { Call } from "./call.ts";
import type { HttpResponse } from "./http.ts";

/**
 * Answers a gRPC or gRPC-Web call of a method that is not there with UNIMPLEMENTED. A plain 404 would be read the same
 * way, but says nothing. The status goes out with the head ("Trailers-Only" in the gRPC protocol).
 */
export function answerUnknownRpc(response: HttpResponse, call: Call, path: string): void {
  call.status = Code.Unimplemented;
  const message = `${path.slice(0, 200)} is no method of this server; reflection lists what there is`;
  const headers = {
    "content-type": call.protocol === "grpc" ? "application/grpc" : "application/grpc-web+proto",
    "grpc-status": String(Code.Unimplemented),
    "grpc-message": encodeURIComponent(message),
  };
  if (response.stream !== undefined) {
    // A stream that was reset as it opened is gone by now.
    if (response.stream.destroyed || response.stream.closed) return;
    // Headers and the end of the stream in one frame: otherwise grpc-go misses the trailers.
    response.stream.respond({ ":status": 200, "x-request-id": call.requestId, ...headers }, { endStream: true });
    return;
  }
  response.writeHead(200, headers);
  response.end();
}
