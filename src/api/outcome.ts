import { constants } from "node:http2";
import { Code } from "@connectrpc/connect";
import { type Call, whyLeft } from "./call.ts";
import { codeOf } from "./error.ts";
import type { HttpResponse } from "./http.ts";

/** The outcome of a call, for its log line, metrics and trace. */
export interface Outcome {
  /** A gRPC code in lower case (`ok`, `not_found`) for RPCs, else the HTTP status. */
  readonly outcome: string;
  readonly failed: boolean;
  /** Whether it was the server's fault, which is worth a warning. */
  readonly serverFault: boolean;
}

const serverFaults: ReadonlySet<number> = new Set([Code.Unknown, Code.Internal, Code.Unavailable, Code.DataLoss]);

/** Determines the outcome of a call that has ended. Records on the call why the caller left, if it did. */
export function outcomeOf(call: Call, response: HttpResponse): Outcome {
  if (call.reason === undefined && call.status !== 0 && !wentOut(response)) {
    call.reason = whyLeft(call);
    if (call.reason === "DEADLINE_EXCEEDED") call.status = Code.DeadlineExceeded;
  }
  if (call.reason === "CALLER_LEFT") {
    return { outcome: call.protocol === "http" ? "499" : "canceled", failed: true, serverFault: false };
  }
  if (call.protocol === "http") {
    const status = response.statusCode;
    const serverFault = call.reason === undefined ? status >= 500 : serverFaults.has(codeOf(call.reason));
    return { outcome: String(status), failed: status >= 400, serverFault };
  }
  const status = call.status ?? (response.statusCode === 200 ? undefined : codeOfHttpStatus(response.statusCode));
  if (status === undefined) return { outcome: "refused", failed: true, serverFault: false };
  return { outcome: codeName(status), failed: status !== 0, serverFault: serverFaults.has(status) };
}

/** Whether an answer was sent completely. A reset HTTP/2 stream also counts as finished. */
function wentOut(response: HttpResponse): boolean {
  const { stream } = response;
  if (stream === undefined) return response.writableFinished;
  return response.writableEnded && stream.rstCode === constants.NGHTTP2_NO_ERROR;
}

/** The Connect code of an RPC that was refused before its method was reached, from the HTTP status it got. */
function codeOfHttpStatus(status: number): number {
  switch (status) {
    case 400:
      return Code.InvalidArgument;
    case 429:
      return Code.ResourceExhausted;
    case 408:
    case 504:
      return Code.DeadlineExceeded;
    case 405:
    case 415:
    case 501:
    case 505:
      return Code.Unimplemented;
    default:
      return Code.Unknown;
  }
}

function codeName(code: number): string {
  if (code === 0) return "ok";
  return (Code[code] ?? "unknown").replace(/(?<!^)[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
}
