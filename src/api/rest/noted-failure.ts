import type { Call } from "../call.ts";
import type { CallError } from "../error.ts";

/** Notes on a call of REST why it failed, and returns the headers that say so, whatever form the answer has. */
export function notedFailure(call: Call, error: CallError): Record<string, string> {
  call.reason = error.reason;
  call.error = error;
  const { reason, retryAfterMs } = error;
  if (retryAfterMs === undefined) return { "x-error-reason": reason };
  return { "x-error-reason": reason, "retry-after": String(Math.ceil(retryAfterMs / 1000)) };
}
