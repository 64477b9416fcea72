import type { TLSSocket } from "node:tls";
import { type ContextValues, createContextValues } from "@connectrpc/connect";
import type { Guard } from "../access/guard.ts";
import { asksForPrediction, beginCall, type Call, callKey, recordedTraceOf, whyLeft } from "../api/call.ts";
import { catalogFamily } from "../api/catalog/rest/catalog-routes.ts";
import { applyCors } from "../api/cors.ts";
import { countAnswer } from "../api/count-answer.ts";
import { assertSameSite } from "../api/cross-site.ts";
import { toCallError } from "../api/error.ts";
import {
  breakOff,
  connectionOf,
  type HttpRequest,
  type HttpResponse,
  hasLeft,
  type RequestHandler,
} from "../api/http.ts";
import { createLeanHandler } from "../api/lean/lean-handler.ts";
import { createLeanStreams } from "../api/lean/lean-watch.ts";
import { endedCallOf } from "../api/metrics/call-series.ts";
import type { Metrics } from "../api/metrics/metrics.ts";
import { outcomeOf } from "../api/outcome.ts";
import type { PageHandler } from "../api/page/page-handler.ts";
import { answerUnknownRpc, refuseCall } from "../api/refuse-call.ts";
import { createRestHandler } from "../api/rest/rest.ts";
import type { RestDeps } from "../api/rest/rest-context.ts";
import type { RouteFamily } from "../api/rest/route.ts";
import { frontDoorFamilies } from "../api/rest/route-families.ts";
import { type ConnectHandler, createConnectHandler, pathOf } from "../api/rpc/connect-handler.ts";
import { normalizeContentType } from "../api/rpc/framing.ts";
import type { RpcLimits } from "../api/rpc/message-limits.ts";
import { type RouteDeps, registerRoutes } from "../api/rpc/routes.ts";
import { createTypedServices, isTypedPath, modelOfTypedPath } from "../api/typed/typed-services.ts";
import { dropBody, endUploadAfterAnswer } from "../api/upload.ts";
import { versionsFamily } from "../api/versions/rest/routes.ts";
import { whenNotBusy } from "../base/yield-if-busy.ts";
import { anonymous, permittedModel } from "../registry/access.ts";
import type { MemoryBudget } from "../registry/memory-budget.ts";
import type { Registry } from "../registry/registry.ts";
import { isErrorReason } from "../registry/registry-error.ts";
import { limitAnonymousCalls } from "./anonymous-calls.ts";
import type { CallLog } from "./call-log.ts";
import type { Log } from "./log.ts";
import type { Tracing } from "./tracing.ts";

export interface ServerDeps {
  readonly rpc: RouteDeps;
  readonly rest: RestDeps;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly callLog: CallLog;
  readonly tracing: Tracing | undefined;
  /** Aborts when the server begins to stop. */
  readonly stopping: AbortSignal;
  readonly limits: RpcLimits;
  /** How long a request may take to arrive, in milliseconds. */
  readonly bodyTimeoutMs: number;
  readonly memory: MemoryBudget;
  /** Whether Predict and EvaluateModel are served without Connect where it can be. */
  readonly leanPath: boolean;
  readonly corsAllowedOrigins: readonly string[];
  /** The day on which the alpha version of Kubeflow's registry API ends. Undefined: it does not. */
  readonly alphaSunset?: Date | undefined;
  /** Serves the page. Undefined: it is off. */
  readonly page?: PageHandler | undefined;
  /** Who may call. Undefined: everyone. */
  readonly guard: Guard | undefined;
}

/** The routes of the registry of versions, where there is a database. */
function versionsFamilies({ rpc: { versions }, alphaSunset, corsAllowedOrigins }: ServerDeps): readonly RouteFamily[] {
  if (versions === undefined) return [];
  return [versionsFamily({ ...versions, alphaSunset, allowedOrigins: corsAllowedOrigins })];
}

/** The routes of the catalog, where sources are configured. */
function catalogFamilies({ rpc: { catalog }, alphaSunset }: ServerDeps): readonly RouteFamily[] {
  return catalog === undefined ? [] : [catalogFamily({ ...catalog, alphaSunset })];
}

/** Every protocol behind one handler: RPCs go to Connect, all else to the REST surfaces. */
export function createRequestHandler(deps: ServerDeps): RequestHandler {
  const calls = new WeakMap<HttpRequest, Call>();
  const methods = new Map<string, string>();
  const options = {
    limits: deps.limits,
    bodyTimeoutMs: deps.bodyTimeoutMs,
    memory: deps.memory,
    contextValues: (request: HttpRequest): ContextValues => createContextValues().set(callKey, calls.get(request)),
    onFault: (error: unknown) => deps.log.error({ err: error }, "An answer could not be written"),
  };
  const connect = createConnectHandler({
    ...options,
    ...(deps.leanPath ? { direct: createLeanStreams(deps.rpc) } : {}),
    routes: (router) => {
      registerRoutes(router, deps.rpc);
      for (const handler of router.handlers) methods.set(handler.requestPath, handler.requestPath.slice(1));
    },
  });
  const handOver = (
    request: HttpRequest,
    response: HttpResponse,
    call: Call,
    body?: AsyncIterable<Uint8Array>,
  ): void => {
    calls.set(request, call);
    countAnswer(response, call, deps.memory);
    connect(request, response, body);
  };
  const lean = deps.leanPath ? createLeanHandler({ ...deps.rpc, ...options, handOver }) : undefined;
  const rest = createRestHandler(
    [...frontDoorFamilies, ...versionsFamilies(deps), ...catalogFamilies(deps)],
    deps.rest,
  );
  const typed = createTypedServices({ ...options, registry: deps.rpc.registry, pipeline: deps.rpc.pipeline });

  // Each call asks, and to ask a signal takes longer.
  let isStopping = deps.stopping.aborted;
  deps.stopping.addEventListener("abort", () => {
    isStopping = true;
  });

  const dispatch = (
    request: HttpRequest,
    response: HttpResponse,
    call: Call,
    path: string,
    handler: ConnectHandler | undefined,
  ): void => {
    if (handler !== undefined) {
      if (lean?.(request, response, call) === true) return;
      calls.set(request, call);
      countAnswer(response, call, deps.memory);
      handler(request, response);
    } else if (isTypedPath(path) && refuseBeforeLoad(deps, request, response, call)) {
      // Its model may come any moment.
    } else if (call.protocol === "grpc" || call.protocol === "grpc-web") {
      answerUnknownRpc(response, call, request.headers["content-type"] ?? "", path);
    } else {
      rest(request, response, call).catch((error: unknown) => fail(error, response));
    }
  };
  const countAnonymous = limitAnonymousCalls();
  const handle: RequestHandler = (request, response) => {
    toOriginForm(request);
    endUploadAfterAnswer(request, response);
    // A watch would hold what comes of it.
    if (request.method === "GET" || request.method === "HEAD") {
      dropBody(request, response, { maxBytes: deps.limits.maxQueryBytes, timeoutMs: deps.bodyTimeoutMs });
    }
    if (applyCors(deps.corsAllowedOrigins, request, response)) return;
    const path = pathOf(request);
    const fixedMethod = methods.get(path);
    const typedMethod = fixedMethod === undefined ? typed.find(path) : undefined;
    const method = fixedMethod ?? typedMethod?.method;
    normalizeContentType(request.headers);
    const call = beginCall(request, method);
    response.setHeader("x-request-id", call.requestId);
    // A caller that keeps its connection would hold up the stop.
    if (isStopping && request.httpVersionMajor === 1) response.setHeader("connection", "close");
    const endSpan = deps.tracing?.startCall(call, request);
    const traceId = recordedTraceOf(call);
    if (traceId !== undefined) call.prediction.traceId = traceId;
    deps.metrics.beginCall(call);
    response.on("close", () => endCall(deps, call, request, response, endSpan));
    if (fixedMethod === undefined && deps.page?.(request, response, call, path) === true) return;
    const handler = fixedMethod === undefined ? typedMethod?.handle : connect;
    const isRpc = fixedMethod !== undefined || isTypedPath(path);
    try {
      assertSameSite(deps.corsAllowedOrigins, request);
    } catch (error) {
      refuseCall(request, response, call, { error: toCallError(error), isRpc, challenge: "" });
      return;
    }
    if (deps.guard === undefined) {
      // Thousands of lists that are asked for at once must not be one turn of the event loop.
      const pause = request.method === "POST" ? undefined : whenNotBusy(connectionOf(request, response));
      if (pause === undefined) dispatch(request, response, call, path, handler);
      else void pause.then(() => hasLeft(response) || dispatch(request, response, call, path, handler));
      return;
    }
    call.access = anonymous;
    admit(deps.guard, deps.rpc.registry, request, response, call, path, isRpc)
      .then((admitted) => {
        // What was refused before its route was looked for is counted under it all the same.
        if (!admitted && call.method === "unknown") call.method = rest.labelOf(request) ?? call.method;
        return admitted;
      })
      .then(async (admitted) => {
        if (admitted && call.isAnonymous === true && !countAnonymous(response)) return false;
        if (admitted && request.method !== "POST") await whenNotBusy(connectionOf(request, response));
        return admitted && !hasLeft(response);
      })
      .then((goesOn) => goesOn && dispatch(request, response, call, path, handler))
      .catch((error: unknown) => fail(error, response));
  };
  /** What no part foresaw costs one caller its answer, not every caller the process. */
  const fail = (error: unknown, response: HttpResponse): void => {
    options.onFault(error);
    breakOff(response);
  };
  return (request, response) => {
    // Readers take their listeners away as a connection breaks, and an error that nobody listens to ends the process.
    request.on("error", () => {});
    try {
      handle(request, response);
    } catch (error) {
      fail(error, response);
    }
  };
}

/** Finds out what the caller may do. Answers a call that is refused; false then, and when the caller has left. */
async function admit(
  guard: Guard,
  registry: Registry,
  request: HttpRequest,
  response: HttpResponse,
  call: Call,
  path: string,
  isRpc: boolean,
): Promise<boolean> {
  try {
    const { headers } = request;
    const peer = request.socket as TLSSocket;
    call.access = await guard.admit({ path, authorization: headers.authorization, peer, headers });
    // It is the proxy's: no model and no API server may take it for that of the person.
    if (call.access.byProxy === true) delete headers.authorization;
    call.isAnonymous = call.access === anonymous;
    // A typed service is there or not, which shows whether its model is.
    const typedModel = modelOfTypedPath(path);
    if (typedModel !== undefined) await permittedModel(registry, typedModel, call.access);
    return !hasLeft(response);
  } catch (error) {
    if (!hasLeft(response)) {
      refuseCall(request, response, call, { error: toCallError(error), isRpc, challenge: guard.challenge });
    }
    return false;
  }
}

/** Refuses a call while the models are not loaded. False once they are. */
function refuseBeforeLoad(
  { rpc, guard }: ServerDeps,
  request: HttpRequest,
  response: HttpResponse,
  call: Call,
): boolean {
  try {
    rpc.registry.assertLoaded();
    return false;
  } catch (error) {
    refuseCall(request, response, call, { error: toCallError(error), isRpc: true, challenge: guard?.challenge ?? "" });
    return true;
  }
}

/** A request may name a whole address where a path is enough (RFC 9112, 3.2.2). The host in it means nothing here. */
function toOriginForm(request: HttpRequest): void {
  if (request.url?.startsWith("/") === true) return;
  const path = /^https?:\/\/[^/?#]*(.*)$/i.exec(request.url ?? "")?.[1];
  if (path !== undefined) request.url = path.startsWith("/") ? path : `/${path}`;
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
  // Refused before its body was read: no prediction has begun that would be observed, and it counts all the same.
  if (model !== undefined && isErrorReason(reason) && prediction.begun !== true && asksForPrediction(call)) {
    deps.metrics.observePredict(model, counted.seconds, reason, prediction);
  }
  endSpan?.(ended, response);
  deps.callLog.write(call, request, response, ended);
  call.caller.cancel(whyLeft(call));
}
