import { Code, ConnectError, type ConnectRouter, type ContextValues, createConnectRouter } from "@connectrpc/connect";
import type { UniversalHandler } from "@connectrpc/connect/protocol";
import { universalRequestFromNodeRequest } from "@connectrpc/connect-node";
import type { MemoryBudget } from "../../registry/memory-budget.ts";
import { RegistryError } from "../../registry/registry-error.ts";
import { tooSlow } from "../body-limits.ts";
import { type Call, callKey, noteFailure } from "../call.ts";
import { bodyFailure, refusable } from "../count-body.ts";
import { toConnectError } from "../error.ts";
import { hasLeft } from "../has-left.ts";
import type { HttpRequest, HttpResponse } from "../http.ts";
import { type UploadLimit, uploadOf } from "../upload.ts";
import { compressions } from "./compressions.ts";
import { explainError } from "./explain-error.ts";
import { errorInterceptor } from "./interceptors.ts";
import { limitsOf, type RpcLimits } from "./message-limits.ts";
import { isPlainUnary, plainMessage } from "./plain-message.ts";
import { readMessages } from "./read-messages.ts";
import { refusalOf } from "./refusal.ts";
import { sendAnswer } from "./send-answer.ts";
import { sendFailure } from "./send-failure.ts";

export interface ConnectHandlerOptions {
  /** Registers the services. */
  readonly routes: (router: ConnectRouter) => void;
  /** What a message may be, before and after decompression. */
  readonly limits: RpcLimits;
  /** How long a request may take to arrive, and each piece of one that streams, in milliseconds. Default: for ever. */
  readonly bodyTimeoutMs?: number;
  /** What handlers find about their call. */
  readonly contextValues?: (request: HttpRequest) => ContextValues;
  /** Counts the bytes of bodies, for the calls that `contextValues` names. Default: they are not counted. */
  readonly memory?: MemoryBudget;
  /** Whether errors that Connect makes get a reason and details, as those of this service have. Default: true. */
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

/** gRPC, gRPC-Web and Connect for the given services, as a handler for Node's HTTP/1.1 and HTTP/2 servers. */
export function createConnectHandler(options: ConnectHandlerOptions): ConnectHandler {
  const router = createConnectRouter({
    interceptors: [errorInterceptor],
    // Each method has its own limit, which is kept before a message gets here.
    readMaxBytes: options.limits.maxRequestBytes,
    acceptCompression: [...compressions],
    // A misspelt field would otherwise be a filter that filters nothing, or an input that is missing.
    jsonOptions: { ignoreUnknownFields: false },
    // What is not known is dropped, and takes no memory.
    binaryOptions: { readUnknownFields: false },
  });
  options.routes(router);
  const handlers = new Map<string, UniversalHandler>(router.handlers.map((handler) => [handler.requestPath, handler]));

  const { bodyTimeoutMs: timeoutMs } = options;
  const limitOf = ({ method }: UniversalHandler, call: Call | undefined): UploadLimit | undefined => {
    if (timeoutMs === undefined) return undefined;
    const eachPiece = method.methodKind === "bidi_streaming" || method.methodKind === "client_streaming";
    return { timeoutMs, eachPiece, error: () => bodyFailure(call, tooSlow(timeoutMs)) };
  };

  const answer = async (
    handler: UniversalHandler,
    request: HttpRequest,
    response: HttpResponse,
    body: AsyncIterable<Uint8Array> | undefined,
  ): Promise<void> => {
    const contextValues = options.contextValues?.(request);
    forgetHost(request);
    const universalRequest = universalRequestFromNodeRequest(request, response, undefined, contextValues);
    const call = contextValues?.get(callKey);
    const { memory } = options;
    const { method } = handler;
    const { header } = universalRequest;
    const limits = limitsOf(method, options.limits);
    const count = memory === undefined || call === undefined ? undefined : { memory, holder: call };
    const isPlain = body === undefined && method.methodKind === "unary" && isPlainUnary(request);
    const read = isPlain
      ? plainMessage(request, header, { method, limits, count, call, timeoutMs })
      : refusable(
          readMessages(body ?? uploadOf(request, limitOf(handler, call)), header, {
            method,
            limits,
            count,
            isCounted: body !== undefined,
          }),
          call,
        );
    const asked = { ...universalRequest, body: read };
    if (options.explainErrors === false) {
      await sendAnswer(await handler({ ...asked, body: withoutDetails(asked.body) }), response, (error) => error);
      return;
    }
    const answered = await handler(asked);
    const refusal = refusalOf(answered.status, handler, request);
    if (refusal !== undefined && answered.body === undefined) {
      if (hasLeft(response)) return;
      noteFailure(call, refusal.error);
      for (const name in refusal.headers) response.setHeader(name, refusal.headers[name]!);
      sendFailure(response, "application/json", toConnectError(refusal.error), { httpStatus: answered.status });
      return;
    }
    await sendAnswer(answered, response, (error) => {
      const explained = explainError(error, {
        httpMethod: universalRequest.method,
        limits,
        input: handler.method.input,
      });
      if (explained !== undefined) {
        noteFailure(call, explained);
        return toConnectError(explained);
      }
      if (call !== undefined) call.status = error.code;
      return error;
    });
  };

  return (request, response, body) => {
    const handler = handlers.get(pathOf(request));
    if (handler === undefined) {
      response.statusCode = 404;
      response.end();
      return;
    }
    answer(handler, request, response, body).catch((error: unknown) => {
      // There is no room for the answer.
      if (error instanceof RegistryError && !response.headersSent) {
        noteFailure(options.contextValues?.(request).get(callKey), error);
        for (const name of ["content-encoding", "grpc-encoding"]) response.removeHeader(name);
        sendFailure(response, request.headers["content-type"] ?? "", toConnectError(error));
        return;
      }
      // A caller that left is no fault.
      if (ConnectError.from(error).code !== Code.Aborted) options.onFault?.(error);
    });
  };
}

/** A body whose errors are as bare as those that Connect makes. */
async function* withoutDetails(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw error instanceof ConnectError ? new ConnectError(error.rawMessage, error.code) : error;
  }
}

/**
 * Connect builds an address with the host that a request names, and fails where there is none or a malformed one. The
 * host means nothing here.
 */
function forgetHost({ headers }: HttpRequest): void {
  headers.host = "localhost";
  if (headers[":authority"] !== undefined) headers[":authority"] = "localhost";
}

/** The path of a request, without its query. */
export function pathOf(request: HttpRequest): string {
  const url = request.url ?? "/";
  const query = url.indexOf("?");
  return query < 0 ? url : url.slice(0, query);
}
