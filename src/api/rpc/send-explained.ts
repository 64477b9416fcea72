import type { ConnectError } from "@connectrpc/connect";
import type { UniversalServerResponse } from "@connectrpc/connect/protocol";
import { noteFailure } from "../call.ts";
import { toConnectError } from "../error.ts";
import { hasLeft } from "../http.ts";
import { explainError } from "./explain-error.ts";
import type { MethodCall } from "./method-call.ts";
import { refusalOf } from "./refusal.ts";
import { sendAnswer } from "./send-answer.ts";
import { sendFailure } from "./send-failure.ts";

/** Writes what Connect answers. Its own errors get a reason and details, as those of this service have. */
export async function sendExplained(called: MethodCall, answer: UniversalServerResponse): Promise<void> {
  const { handler, request, response, call } = called;
  const refusal = refusalOf(answer.status, handler, request);
  if (refusal === undefined || answer.body !== undefined) {
    await sendAnswer(answer, response, (error) => explained(called, error));
    return;
  }
  if (hasLeft(response)) return;
  noteFailure(call, refusal.error);
  for (const name in refusal.headers) response.setHeader(name, refusal.headers[name]!);
  sendFailure(response, "application/json", toConnectError(refusal.error), { httpStatus: answer.status });
}

function explained({ request, limits, method, call }: MethodCall, error: ConnectError): ConnectError {
  const known = explainError(error, { httpMethod: request.method ?? "", limits, input: method.input });
  if (known !== undefined) {
    noteFailure(call, known);
    return toConnectError(known);
  }
  if (call !== undefined) call.status = error.code;
  return error;
}
