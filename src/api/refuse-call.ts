import { Code, ConnectError } from "@connectrpc/connect";
import { type Call, noteFailure } from "./call.ts";
import { type CallError, toConnectError } from "./error.ts";
import type { HttpRequest, HttpResponse } from "./http.ts";
import { sendError } from "./rest/rest.ts";
import { sendFailure } from "./rpc/send-failure.ts";

/** A refusal, and how to present it. */
export interface Refusal {
  readonly error: CallError;
  /** Whether the path is one of RPCs, so that Connect's form of errors is expected. */
  readonly isRpc: boolean;
  /** The value of `www-authenticate` for a caller that is not known. Default: none, as the caller is not the reason. */
  readonly challenge?: string;
}

/** Answers a call of which only the head has been read, in the form of its protocol. */
export function refuseCall(
  request: HttpRequest,
  response: HttpResponse,
  call: Call,
  { error, isRpc, challenge }: Refusal,
): void {
  if (error.reason === "UNAUTHENTICATED" && challenge !== undefined) response.setHeader("www-authenticate", challenge);
  if (call.protocol !== "grpc" && call.protocol !== "grpc-web" && !isRpc) {
    sendError(response, call, error, "registry");
    return;
  }
  noteFailure(call, error);
  sendFailure(response, request.headers["content-type"] ?? "", toConnectError(error));
}

/**
 * Answers a gRPC or gRPC-Web call of an unknown method with UNIMPLEMENTED. Clients would read a plain 404 the same way,
 * but without a message.
 */
export function answerUnknownRpc(response: HttpResponse, call: Call, contentType: string, path: string): void {
  call.status = Code.Unimplemented;
  const message = `unknown method ${path.slice(0, 200)}; reflection lists the methods`;
  sendFailure(response, contentType, new ConnectError(message, Code.Unimplemented));
}
