import {
  codeToHttpStatus,
  endStreamFlag,
  endStreamToJson,
  errorToJsonBytes,
} from "@connectrpc/connect/protocol-connect";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import type { Call } from "./call.ts";
import { type CallError, toConnectError } from "./error.ts";
import type { HttpRequest, HttpResponse } from "./http.ts";
import { sendBytes } from "./http-message.ts";
import { sendError } from "./rest/rest.ts";
import { sendTrailersOnly } from "./rpc/trailers-only.ts";

/** How a refusal is put. */
export interface Refusal {
  readonly error: CallError;
  /** Whether the path is one of RPCs, so that Connect's form of errors is expected. */
  readonly isRpc: boolean;
  /** The value of `www-authenticate`, for callers that are not known. */
  readonly challenge: string;
}

/** Answers a call before anything of it but its head has been looked at, in the form of its protocol. */
export function refuseCall(
  request: HttpRequest,
  response: HttpResponse,
  call: Call,
  { error, isRpc, challenge }: Refusal,
): void {
  if (error.reason === "UNAUTHENTICATED") response.setHeader("www-authenticate", challenge);
  if (call.protocol !== "grpc" && call.protocol !== "grpc-web" && !isRpc) {
    sendError(response, call, error, "registry");
    return;
  }
  const connectError = toConnectError(error);
  call.reason = error.reason;
  call.error = error;
  call.status = connectError.code;
  if (call.protocol === "grpc" || call.protocol === "grpc-web") {
    const trailers = Object.fromEntries(setTrailerStatus(new Headers(), connectError));
    sendTrailersOnly(response, call.protocol, trailers);
    return;
  }
  const contentType = request.headers["content-type"] ?? "";
  if (/^application\/connect\+(json|proto)$/.test(contentType)) {
    // A stream succeeds, and its end says that it has failed.
    const end = Buffer.from(JSON.stringify(endStreamToJson(new Headers(), connectError, undefined)));
    const head = Buffer.alloc(5);
    head.writeUInt8(endStreamFlag, 0);
    head.writeUInt32BE(end.byteLength, 1);
    sendBytes(response, 200, Buffer.concat([head, end]), { "content-type": contentType });
    return;
  }
  sendBytes(response, codeToHttpStatus(connectError.code), errorToJsonBytes(connectError, undefined), {
    "content-type": "application/json",
  });
}
