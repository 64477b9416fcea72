import {
  Code,
  ConnectError,
  type ConnectRouter,
  type ContextValues,
  createConnectRouter,
  createContextValues,
} from "@connectrpc/connect";
import { yieldIfBusy } from "../../base/yield-if-busy.ts";
import type { MemoryBudget } from "../../registry/memory-budget.ts";
import { RegistryError } from "../../registry/registry-error.ts";
import { callKey, noteFailure } from "../call.ts";
import { toConnectError } from "../error.ts";
import type { HttpRequest, HttpResponse } from "../http.ts";
import { pathOf } from "../request-path.ts";
import { askedRequest } from "./asked-request.ts";
import { withBareErrors, withoutDetails } from "./bare-errors.ts";
import { compressions } from "./framing.ts";
import { errorInterceptor } from "./interceptors.ts";
import { longAnswerInterceptor, withLongAnswer } from "./long-answers.ts";
import { limitsOf, type RpcLimits, writesRecord } from "./message-limits.ts";
import type { MethodCall } from "./method-call.ts";
import { sendAnswer } from "./send-answer.ts";
import { sendExplained } from "./send-explained.ts";
import { sendFailure } from "./send-failure.ts";

export interface ConnectHandlerOptions {
  /** Registers the services. */
  readonly routes: (router: ConnectRouter) => void;
  /** The limits of a message, before and after decompression. */
  readonly limits: RpcLimits;
  /** How long a request may take to arrive, and each piece of one that streams, in milliseconds. Default: for ever. */
  readonly bodyTimeoutMs?: number;
  /** The values that handlers find in their context. */
  readonly contextValues?: (request: HttpRequest) => ContextValues;
  /** Counts the bytes of bodies, for calls that `contextValues` names. Default: they are not counted. */
  readonly memory?: MemoryBudget;
  /** Whether Connect's own errors get a reason and details, as those of this service have. Default: true. */
  readonly explainErrors?: boolean;
  /** Called with faults in Connect itself; those of handlers become answers. */
  readonly onFault?: (error: unknown) => void;
}

/**
 * Answers an RPC.
 *
 * @param body the body, where it has been read already, whole or in part
 */
export type ConnectHandler = (request: HttpRequest, response: HttpResponse, body?: AsyncIterable<Uint8Array>) => void;

/** A method, and what its calls need to know of it. */
type ServedMethod = Pick<MethodCall, "handler" | "method" | "limits"> & {
  readonly writesRecord: boolean;
};

/** gRPC, gRPC-Web and Connect for the given services, as a handler for Node's HTTP/1.1 and HTTP/2 servers. */
export function createConnectHandler(options: ConnectHandlerOptions): ConnectHandler {
  const { memory, bodyTimeoutMs = Number.POSITIVE_INFINITY, explainErrors = true } = options;
  const served = servedMethods(options);

  const answer = async (called: MethodCall, begun: AsyncIterable<Uint8Array> | undefined): Promise<void> => {
    const asked = await askedRequest(called, begun);
    if (asked === undefined) return;
    const { handler, response, contextValues } = called;
    const passed = explainErrors ? asked : withBareErrors(asked);
    const answered = await withLongAnswer({ header: passed.header, contextValues }, () => handler(passed));
    if (explainErrors) await sendExplained(called, answered);
    else await sendAnswer(answered, response, (error) => error);
  };

  /**
   * What fails besides the method: the query of a GET, a body, or the memory budget, which has no room for the answer. Of
   * dozens that are refused at once, few are answered in each turn of the event loop.
   */
  const sendRefusal = async ({ request, response, call }: MethodCall, refused: RegistryError): Promise<void> => {
    const pause = yieldIfBusy();
    if (pause !== undefined) await pause;
    noteFailure(call, refused);
    for (const name of ["content-encoding", "grpc-encoding"]) response.removeHeader(name);
    const contentType = request.method === "GET" ? undefined : request.headers["content-type"];
    const error = toConnectError(refused);
    sendFailure(response, contentType ?? "", explainErrors ? error : withoutDetails(error));
  };

  return (request, response, body) => {
    const found = served.get(pathOf(request));
    if (found === undefined) {
      response.statusCode = 404;
      response.end();
      return;
    }
    const { handler, method, limits, writesRecord } = found;
    const contextValues = options.contextValues?.(request) ?? createContextValues();
    const call = contextValues.get(callKey);
    if (call !== undefined) call.writesRecord = writesRecord;
    const count = memory === undefined || call === undefined ? undefined : { memory, holder: call };
    const called: MethodCall = {
      handler,
      method,
      limits,
      request,
      response,
      contextValues,
      call,
      count,
      bodyTimeoutMs,
    };
    answer(called, body).catch((error: unknown) => {
      if (error instanceof RegistryError && !response.headersSent) return sendRefusal(called, error);
      // A caller that left is no fault.
      if (ConnectError.from(error).code !== Code.Aborted) options.onFault?.(error);
    });
  };
}

/** The methods of the services, by their paths. */
function servedMethods({ routes, limits }: ConnectHandlerOptions): ReadonlyMap<string, ServedMethod> {
  const router = createConnectRouter({
    interceptors: [errorInterceptor, longAnswerInterceptor],
    // Each method has its own limit, which has been checked before a message gets here.
    readMaxBytes: limits.maxRequestBytes,
    acceptCompression: [...compressions],
    // A misspelt field would otherwise be silently ignored: a filter without effect, or a missing input.
    jsonOptions: { ignoreUnknownFields: false },
    // Unknown fields are dropped, so that they take no memory.
    binaryOptions: { readUnknownFields: false },
  });
  routes(router);
  return new Map(
    router.handlers.map((handler) => {
      const { method, requestPath } = handler;
      return [
        requestPath,
        {
          handler,
          method,
          limits: limitsOf(method, limits),
          writesRecord: writesRecord(method),
        },
      ];
    }),
  );
}
