import { ConnectError, type Interceptor, type StreamResponse, type UnaryResponse } from "@connectrpc/connect";
import { callKey, noteFailure } from "../call.ts";
import { toCallError, toConnectError } from "../error.ts";

/**
 * Turns every error of an implementation into the one that Connect sends, and records the outcome on the call.
 * Connect's own errors, such as a failed decompression, pass unchanged.
 */
export const errorInterceptor: Interceptor = (next) => async (request) => {
  const call = request.contextValues.get(callKey);
  const fail = (reason: unknown): never => {
    if (reason instanceof ConnectError) {
      if (call !== undefined) call.status = reason.code;
      throw reason;
    }
    const error = toCallError(reason);
    noteFailure(call, error);
    throw toConnectError(error);
  };
  let response: UnaryResponse | StreamResponse;
  try {
    response = await next(request);
  } catch (error) {
    return fail(error);
  }
  if (call !== undefined) call.status = 0;
  return response.stream ? { ...response, message: failing(response.message, fail) } : response;
};

async function* failing<T>(messages: AsyncIterable<T>, fail: (reason: unknown) => never): AsyncGenerator<T> {
  try {
    yield* messages;
  } catch (error) {
    fail(error);
  }
}
