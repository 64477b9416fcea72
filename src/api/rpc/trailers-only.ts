import type { HttpResponse } from "../http.ts";

/** Ends a gRPC or gRPC-Web call without a message: the status goes out with the head ("Trailers-Only"). */
export function sendTrailersOnly(
  response: HttpResponse,
  protocol: "grpc" | "grpc-web",
  trailers: Readonly<Record<string, string>>,
): void {
  const headers = {
    "content-type": protocol === "grpc" ? "application/grpc" : "application/grpc-web+proto",
    ...trailers,
  };
  if (response.stream !== undefined) {
    // A stream that was reset as it opened is gone by now.
    if (response.stream.destroyed || response.stream.closed) return;
    // Headers and the end of the stream in one frame: otherwise grpc-go misses the trailers.
    response.stream.respond({ ":status": 200, ...response.getHeaders(), ...headers }, { endStream: true });
    return;
  }
  response.writeHead(200, headers);
  response.end();
}
