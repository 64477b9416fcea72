import { Cancellation } from "../base/cancellation.ts";
import type { CallerReason } from "../predict/limits/time-limit.ts";
import type { PredictCall } from "../predict/pipeline.ts";
import { type Call, upstreamHeaders, whyLeft } from "./call.ts";
import type { HttpResponse } from "./http.ts";

/** What a prediction takes over from the call that it is made for. */
export type CommonCall = Omit<PredictCall, "body">;

/** What a prediction takes over from a call. */
export function predictCallOf(call: Call, caller: Cancellation<CallerReason>): CommonCall {
  const { deadline } = call;
  return {
    headers: upstreamHeaders(call),
    authorization: call.headers.authorization,
    caller,
    holder: call,
    notes: call.prediction,
    timeoutMs: typeof deadline === "number" ? deadline - (performance.now() - call.startedMs) : undefined,
  };
}

/** Runs something that ends when the caller leaves. */
export function whileCallerStays<T>(
  call: Call,
  response: HttpResponse,
  run: (common: CommonCall) => Promise<T>,
): Promise<T> {
  const caller = new Cancellation<CallerReason>();
  // Afterwards nobody listens any more to what this says.
  response.on("close", () => caller.cancel(whyLeft(call)));
  return run(predictCallOf(call, caller));
}
