import { Code, ConnectError } from "@connectrpc/connect";
import type { Call } from "../call.ts";
import type { HttpResponse } from "../http.ts";
import { sendFailure } from "./send-failure.ts";

/**
 * Answers a gRPC or gRPC-Web call of an unknown method with UNIMPLEMENTED. A plain 404 would be read the same way, but
 * says nothing.
 */
export function answerUnknownRpc(response: HttpResponse, call: Call, contentType: string, path: string): void {
  call.status = Code.Unimplemented;
  const message = `unknown method ${path.slice(0, 200)}; reflection lists the methods`;
  sendFailure(response, contentType, new ConnectError(message, Code.Unimplemented));
}
