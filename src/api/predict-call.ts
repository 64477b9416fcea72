import type { PredictCall } from "../predict/pipeline.ts";
import { type Call, upstreamHeaders } from "./call.ts";

/** What a prediction takes over from the call that it is made for. */
export type CommonCall = Omit<PredictCall, "body">;

/** What a prediction takes over from a call. */
export function predictCallOf(call: Call): CommonCall {
  const { caller, deadline, startedMs } = call;
  return {
    headers: upstreamHeaders(call),
    authorization: call.headers.authorization,
    caller,
    holder: call,
    notes: call.prediction,
    deadlineMs: typeof deadline === "number" ? startedMs + deadline : undefined,
  };
}
