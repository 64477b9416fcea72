import { bodyPieces } from "../body-pieces.ts";
import type { Call } from "../call.ts";
import { countAnswer } from "../count-answer.ts";
import { breakOff, type HttpRequest, type HttpResponse } from "../http.ts";
import type { HealthDeps } from "../rpc/health-status.ts";
import { limitsOf } from "../rpc/message-limits.ts";
import { checkMessage } from "../rpc/read-messages.ts";
import { messageInEnvelope, sizeOfEnvelope } from "../rpc/single-envelope.ts";
import type { WatchDeps } from "../rpc/watch-for-caller.ts";
import { failLean, type LeanDeps, type LeanExchange, readLeanBody } from "./lean-body.ts";
import { createLeanHealthWatch } from "./lean-health-watch.ts";
import { leanStreamOf, sendStream } from "./lean-stream.ts";
import type { LeanStreamMethod } from "./lean-stream-method.ts";
import { createLeanWatch } from "./lean-watch.ts";

/** What one method reads is what it answers, whatever that is. */
// biome-ignore lint/suspicious/noExplicitAny: the table does not know which method it holds
type AnyLeanStreamMethod = LeanStreamMethod<any>;

/**
 * The fast path for watches, without Connect's iterables and a message object for each answer: thousands of them are open side by
 * side. It takes what browsers and most clients send: one uncompressed message without a deadline. Everything else goes to
 * Connect, with what has been read of it.
 *
 * @returns a function that serves a call, or returns false without having touched it
 */
export function createLeanStreamHandler(
  deps: LeanDeps & WatchDeps & HealthDeps,
): (request: HttpRequest, response: HttpResponse, call: Call) => boolean {
  const { memory } = deps;
  const methods = new Map(
    [createLeanWatch(deps), createLeanHealthWatch(deps)].map((served: AnyLeanStreamMethod) => {
      const { method } = served;
      return [`${method.parent.typeName}/${method.name}`, { ...served, limits: limitsOf(method, deps.limits) }];
    }),
  );

  return (request, response, call) => {
    const served = methods.get(call.method);
    // Connect counts deadlines.
    const stream = served === undefined || call.deadline !== undefined ? undefined : leanStreamOf(request);
    if (served === undefined || stream === undefined) return false;
    const { method, limits, read, answer } = served;
    const exchange: LeanExchange = { request, response, call };
    const serve = (body: Buffer): void => {
      const message = messageInEnvelope(body);
      if (message !== undefined)
        checkMessage(message, stream.isJson, { method, limits, count: { memory, holder: call } });
      const asked = message === undefined ? undefined : read(message, stream.isJson);
      if (asked === undefined) {
        deps.handOver(request, response, call, bodyPieces([body]));
        return;
      }
      countAnswer(response, call, memory);
      sendStream(answer(asked, exchange, stream.isJson), stream, response, call).catch((error: unknown) => {
        deps.onFault(error);
        breakOff(response);
      });
    };
    readLeanBody(exchange, sizeOfEnvelope(limits.maxBytes), deps, (body) => {
      try {
        serve(body);
      } catch (error) {
        failLean(exchange, error);
      }
    });
    return true;
  };
}
