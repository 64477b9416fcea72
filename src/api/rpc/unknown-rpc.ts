import { Code } from "@connectrpc/connect";
import type { Call } from "../call.ts";
import type { HttpResponse } from "../http.ts";
import { sendTrailersOnly } from "./trailers-only.ts";

/**
 * Answers a gRPC or gRPC-Web call of a method that is not there with UNIMPLEMENTED. A plain 404 would be read the same
 * way, but says nothing.
 */
export function answerUnknownRpc(
  response: HttpResponse,
  call: Call,
  protocol: "grpc" | "grpc-web",
  path: string,
): void {
  call.status = Code.Unimplemented;
  const message = `${path.slice(0, 200)} is no method of this server; reflection lists what there is`;
  sendTrailersOnly(response, protocol, {
    "grpc-status": String(Code.Unimplemented),
    "grpc-message": encodeURIComponent(message),
  });
}
