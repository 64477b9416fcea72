import { type ContextValues, createContextValues } from "@connectrpc/connect";
import { type Call, callKey } from "../api/call.ts";
import { catalogFamily } from "../api/catalog/rest/catalog-routes.ts";
import { countAnswer } from "../api/count-answer.ts";
import { toCallError } from "../api/error.ts";
import { breakOff, type HttpRequest, type HttpResponse } from "../api/http.ts";
import type { LeanDeps } from "../api/lean/lean-body.ts";
import { createLeanHandler } from "../api/lean/lean-handler.ts";
import { createLeanStreamHandler } from "../api/lean/lean-stream-handler.ts";
import { answerUnknownRpc, refuseCall } from "../api/refuse-call.ts";
import { createRestHandler } from "../api/rest/rest.ts";
import type { RestDeps } from "../api/rest/rest-context.ts";
import type { RouteFamily } from "../api/rest/route.ts";
import { frontDoorFamilies } from "../api/rest/route-families.ts";
import { type ConnectHandler, createConnectHandler } from "../api/rpc/connect-handler.ts";
import type { RpcLimits } from "../api/rpc/message-limits.ts";
import { type RouteDeps, registerRoutes } from "../api/rpc/routes.ts";
import { createTypedServices, isTypedPath } from "../api/typed/typed-services.ts";
import { versionsFamily } from "../api/versions/rest/routes.ts";
import type { MemoryBudget } from "../registry/memory-budget.ts";
import type { Log } from "./log.ts";

export interface DispatcherDeps {
  readonly rpc: RouteDeps;
  readonly rest: RestDeps;
  readonly log: Log;
  readonly limits: RpcLimits;
  /** How long a request may take to arrive, in milliseconds. */
  readonly bodyTimeoutMs: number;
  readonly memory: MemoryBudget;
  /** Whether calls are served by the fast path, without Connect, where it can do so. */
  readonly leanPath: boolean;
  readonly corsAllowedOrigins: readonly string[];
  /** The day on which the alpha version of Kubeflow's registry API ends. Undefined: it does not. */
  readonly alphaSunset?: Date | undefined;
}

/** Where a call goes, by its path. */
export interface Destination {
  /** The full name of an RPC. Undefined: there is no RPC of this path, and REST names its own. */
  readonly method: string | undefined;
  /** Answers the RPC. Undefined with `method`. */
  readonly handler: ConnectHandler | undefined;
  /** Whether the path is one of RPCs, though there may be none. */
  readonly isRpc: boolean;
}

/** A call that has begun, and where it goes. */
export interface ReceivedCall {
  readonly request: HttpRequest;
  readonly response: HttpResponse;
  readonly call: Call;
  readonly path: string;
  readonly destination: Destination;
}

/** Sends every call to what answers it. */
export interface Dispatcher {
  destinationOf(path: string): Destination;
  dispatch(received: ReceivedCall): void;
  /** The REST route of a request as metrics show it; undefined where there is none. */
  labelOf(request: HttpRequest): string | undefined;
  /** Ends a call that met what no part foresaw: it costs one caller its answer, not every caller the process. */
  fail(error: unknown, response: HttpResponse): void;
}

const toRest: Destination = { method: undefined, handler: undefined, isRpc: false };
const toUnknownTyped: Destination = { method: undefined, handler: undefined, isRpc: true };

/** RPCs go to Connect, or to the fast path where it serves them; all else goes to REST. */
export function createDispatcher(deps: DispatcherDeps): Dispatcher {
  const { rpc, memory, limits, bodyTimeoutMs } = deps;
  const calls = new WeakMap<HttpRequest, Call>();
  const rpcPaths: string[] = [];
  const options = {
    limits,
    bodyTimeoutMs,
    memory,
    contextValues: (request: HttpRequest): ContextValues => createContextValues().set(callKey, calls.get(request)),
    onFault: (error: unknown) => deps.log.error({ err: error }, "A response could not be written"),
  };
  const connect = createConnectHandler({
    ...options,
    routes: (router) => {
      registerRoutes(router, rpc);
      rpcPaths.push(...router.handlers.map(({ requestPath }) => requestPath));
    },
  });
  const fixed = new Map(
    rpcPaths.map((path): [string, Destination] => [path, { method: path.slice(1), handler: connect, isRpc: true }]),
  );
  const typed = createTypedServices({ ...options, registry: rpc.registry, pipeline: rpc.pipeline });
  const rest = createRestHandler(
    [...frontDoorFamilies, ...versionsFamilies(deps), ...catalogFamilies(deps)],
    deps.rest,
  );
  const toConnect = (
    handler: ConnectHandler,
    request: HttpRequest,
    response: HttpResponse,
    call: Call,
    body?: AsyncIterable<Uint8Array>,
  ): void => {
    calls.set(request, call);
    countAnswer(response, call, memory);
    handler(request, response, body);
  };
  const leanDeps: LeanDeps = { ...options, handOver: (...args) => toConnect(connect, ...args) };
  const fastPaths = deps.leanPath
    ? [createLeanHandler({ ...rpc, ...leanDeps }), createLeanStreamHandler({ ...rpc, ...leanDeps })]
    : [];
  const fail = (error: unknown, response: HttpResponse): void => {
    options.onFault(error);
    breakOff(response);
  };

  return {
    destinationOf(path) {
      const known = fixed.get(path);
      if (known !== undefined) return known;
      if (!isTypedPath(path)) return toRest;
      const found = typed.find(path);
      return found === undefined ? toUnknownTyped : { method: found.method, handler: found.handle, isRpc: true };
    },

    dispatch(received) {
      const { request, response, call, path, destination } = received;
      const { handler } = destination;
      if (handler !== undefined) {
        const isServed = fastPaths.some((serve) => serve(request, response, call));
        if (!isServed) toConnect(handler, request, response, call);
      } else if (destination.isRpc && refuseBeforeLoad(rpc, received)) {
        // Its model may still be loaded.
      } else if (call.protocol === "grpc" || call.protocol === "grpc-web") {
        answerUnknownRpc(response, call, request.headers["content-type"] ?? "", path);
      } else {
        rest(request, response, call).catch((error: unknown) => fail(error, response));
      }
    },

    labelOf: (request) => rest.labelOf(request),
    fail,
  };
}

/** The routes of the registry of versions, where there is a database. */
function versionsFamilies({ rpc, alphaSunset, corsAllowedOrigins }: DispatcherDeps): readonly RouteFamily[] {
  if (rpc.versions === undefined) return [];
  return [versionsFamily({ ...rpc.versions, alphaSunset, allowedOrigins: corsAllowedOrigins })];
}

/** The routes of the catalog, where sources are configured. */
function catalogFamilies({ rpc, alphaSunset }: DispatcherDeps): readonly RouteFamily[] {
  return rpc.catalog === undefined ? [] : [catalogFamily({ ...rpc.catalog, alphaSunset })];
}

/** Refuses a call while the models are not loaded. False once they are. */
function refuseBeforeLoad({ registry }: RouteDeps, { request, response, call }: ReceivedCall): boolean {
  try {
    registry.assertLoaded();
    return false;
  } catch (error) {
    refuseCall(request, response, call, { error: toCallError(error), isRpc: true });
    return true;
  }
}
