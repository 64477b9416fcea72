import type { PredictCall } from "../predict/pipeline.ts";
import { type Call, timeLeftMs, upstreamHeaders } from "./call.ts";

/** What a prediction takes over from the call that it is made for. */
export type CommonCall = Omit<PredictCall, "body">;

/** What a prediction takes over from a call. */
export function predictCallOf(call: Call): CommonCall {
  const { caller } = call;
  return {
    headers: upstreamHeaders(call),
    authorization: call.headers.authorization,
    caller,
    holder: call,
    notes: call.prediction,
    timeoutMs: timeLeftMs(call),
  };
}
