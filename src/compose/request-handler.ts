import type { Guard } from "../access/guard.ts";
import { asksForPrediction, beginCall, type Call, recordedTraceOf, whyLeft } from "../api/call.ts";
import { applyCors } from "../api/cors.ts";
import { assertSameSite } from "../api/cross-site.ts";
import { toCallError } from "../api/error.ts";
import { connectionOf, type HttpRequest, type HttpResponse, hasLeft, type RequestHandler } from "../api/http.ts";
import { endedCallOf } from "../api/metrics/call-series.ts";
import type { Metrics } from "../api/metrics/metrics.ts";
import { outcomeOf } from "../api/outcome.ts";
import type { PageHandler } from "../api/page/page-handler.ts";
import { refuseCall } from "../api/refuse-call.ts";
import { pathOf } from "../api/request-path.ts";
import { normalizeContentType } from "../api/rpc/framing.ts";
import { dropBody, endUploadAfterAnswer } from "../api/upload.ts";
import { whenNotBusy } from "../base/yield-if-busy.ts";
import { anonymous } from "../registry/access.ts";
import { isErrorReason } from "../registry/registry-error.ts";
import { admitCall } from "./admit-call.ts";
import { limitAnonymousCalls } from "./anonymous-calls.ts";
import type { CallLog } from "./call-log.ts";
import { createDispatcher, type DispatcherDeps, type ReceivedCall } from "./dispatcher.ts";
import type { Tracing } from "./tracing/tracing.ts";

export interface ServerDeps extends DispatcherDeps {
  readonly metrics: Metrics;
  readonly callLog: CallLog;
  readonly tracing: Tracing | undefined;
  /** Aborts when the server begins to stop. */
  readonly stopping: AbortSignal;
  /** Serves the page. Undefined: it is off. */
  readonly page?: PageHandler | undefined;
  /** Who may call. Undefined: everyone. */
  readonly guard: Guard | undefined;
  /** How many calls without credentials may be under way, where there is a guard. */
  readonly maxAnonymousCalls: number;
}

/** Every protocol behind one handler: begins each call, finds out whether it is let in, and sends it on. */
export function createRequestHandler(deps: ServerDeps): RequestHandler {
  const { guard, page, corsAllowedOrigins } = deps;
  const dispatcher = createDispatcher(deps);
  const begin = createCallBeginner(deps);
  const countAnonymous = limitAnonymousCalls(deps.maxAnonymousCalls);

  /** Sends a call on without access control. */
  const goOn = (received: ReceivedCall): void => {
    const { request, response } = received;
    // Thousands of lists requested at once must not be written in one turn of the event loop.
    const pause = request.method === "POST" ? undefined : whenNotBusy(connectionOf(request, response));
    if (pause === undefined) {
      dispatcher.dispatch(received);
      return;
    }
    pause
      .then(() => hasLeft(response) || dispatcher.dispatch(received))
      .catch((error: unknown) => dispatcher.fail(error, response));
  };

  /** Sends a call on once it is known what its caller may do. */
  const goOnIfAdmitted = async (received: ReceivedCall, by: Guard): Promise<void> => {
    const { request, response, call } = received;
    call.access = anonymous;
    if (!(await admitCall(by, deps.rpc.registry, received))) {
      // A refused call is counted under its route all the same.
      if (call.method === "unknown") call.method = dispatcher.labelOf(request) ?? call.method;
      return;
    }
    if (call.isAnonymous === true && !countAnonymous(response)) return;
    if (request.method !== "POST") await whenNotBusy(connectionOf(request, response));
    if (!hasLeft(response)) dispatcher.dispatch(received);
  };

  const handle: RequestHandler = (request, response) => {
    toOriginForm(request);
    endUploadAfterAnswer(request, response);
    // The body of a GET has no meaning; a stream would keep it in memory.
    if (request.method === "GET" || request.method === "HEAD") {
      dropBody(request, response, { maxBytes: deps.limits.maxQueryBytes, timeoutMs: deps.bodyTimeoutMs });
    }
    if (applyCors(corsAllowedOrigins, request, response)) return;
    const path = pathOf(request);
    const destination = dispatcher.destinationOf(path);
    const { isRpc } = destination;
    normalizeContentType(request.headers);
    const call = begin(request, response, destination.method);
    if (!isRpc && page?.(request, response, call, path) === true) return;
    try {
      assertSameSite(corsAllowedOrigins, request);
    } catch (error) {
      refuseCall(request, response, call, { error: toCallError(error), isRpc });
      return;
    }
    const received = { request, response, call, path, destination };
    if (guard === undefined) goOn(received);
    else goOnIfAdmitted(received, guard).catch((error: unknown) => dispatcher.fail(error, response));
  };

  return (request, response) => {
    // Readers remove their listeners when a connection breaks, and an `error` event without a listener ends the
    // process.
    request.on("error", () => {});
    try {
      handle(request, response);
    } catch (error) {
      dispatcher.fail(error, response);
    }
  };
}

/** Returns a function that begins a call: it is counted and traced from here to the end of its answer. */
function createCallBeginner(
  deps: ServerDeps,
): (request: HttpRequest, response: HttpResponse, method: string | undefined) => Call {
  // A plain variable, as every call reads it and a signal takes longer.
  let isStopping = deps.stopping.aborted;
  deps.stopping.addEventListener("abort", () => {
    isStopping = true;
  });
  return (request, response, method) => {
    const call = beginCall(request, method);
    response.setHeader("x-request-id", call.requestId);
    // A kept-alive connection would hold up the stop.
    if (isStopping && request.httpVersionMajor === 1) response.setHeader("connection", "close");
    const endSpan = deps.tracing?.startCall(call, request);
    const traceId = recordedTraceOf(call);
    if (traceId !== undefined) call.prediction.traceId = traceId;
    deps.metrics.beginCall(call);
    response.on("close", () => endCall(deps, call, request, response, endSpan));
    return call;
  };
}

function endCall(
  deps: ServerDeps,
  call: Call,
  request: HttpRequest,
  response: HttpResponse,
  endSpan: ReturnType<Tracing["startCall"]> | undefined,
): void {
  deps.memory.release(call);
  const ended = outcomeOf(call, response);
  const counted = endedCallOf(call, response, ended);
  deps.metrics.endCall(call, counted);
  const { model, reason, prediction } = call;
  // Refused before its body was read: the pipeline never saw this prediction, but it counts.
  if (model !== undefined && isErrorReason(reason) && prediction.begun !== true && asksForPrediction(call)) {
    deps.metrics.observePredict(model, counted.seconds, reason, prediction);
  }
  endSpan?.(ended, response);
  deps.callLog.write(call, request, response, ended);
  call.caller.cancel(whyLeft(call));
}

/** Accepts the absolute form of a request target (RFC 9112, 3.2.2). The host in it has no meaning here. */
function toOriginForm(request: HttpRequest): void {
  if (request.url?.startsWith("/") === true) return;
  const path = /^https?:\/\/[^/?#]*(.*)$/i.exec(request.url ?? "")?.[1];
  if (path !== undefined) request.url = path.startsWith("/") ? path : `/${path}`;
}
