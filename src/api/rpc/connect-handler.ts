import {
  Code,
  ConnectError,
  type ConnectRouter,
  type ContextValues,
  createConnectRouter,
  createContextValues,
} from "@connectrpc/connect";
import type { UniversalHandler, UniversalServerRequest, UniversalServerResponse } from "@connectrpc/connect/protocol";
import type { MemoryBudget } from "../../registry/memory-budget.ts";
import { RegistryError } from "../../registry/registry-error.ts";
import { tooSlow } from "../body-limits.ts";
import { type Call, callKey, noteFailure } from "../call.ts";
import { bodyFailure, refusable } from "../count-body.ts";
import { toConnectError } from "../error.ts";
import { type HttpRequest, type HttpResponse, hasLeft } from "../http.ts";
import { type UploadLimit, uploadOf } from "../upload.ts";
import { explainError } from "./explain-error.ts";
import { compressions } from "./framing.ts";
import { errorInterceptor } from "./interceptors.ts";
import { longAnswerInterceptor, withLongAnswer } from "./long-answers.ts";
import { limitsOf, type MessageLimits, type RpcLimits } from "./message-limits.ts";
import { withPlainQuery } from "./query-message.ts";
import { readMessages } from "./read-messages.ts";
import { refusalOf } from "./refusal.ts";
import { sendAnswer } from "./send-answer.ts";
import { sendFailure } from "./send-failure.ts";
import { type MessageBody, shortenDeadline, unaryBody } from "./unary-body.ts";
import { universalRequest } from "./universal-request.ts";

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
  /** Handlers that replace Connect's for some paths. Default: none. */
  readonly direct?: ReadonlyMap<string, DirectHandler>;
  /** Called with faults in Connect itself; those of handlers become answers. */
  readonly onFault?: (error: unknown) => void;
}

/** Answers a call of a method, or passes it on to `general`, Connect's handler. */
export type DirectHandler = (
  request: UniversalServerRequest,
  general: UniversalHandler,
) => Promise<UniversalServerResponse>;

/**
 * Answers an RPC.
 *
 * @param body the body, where it has been read already, whole or in part
 */
export type ConnectHandler = (request: HttpRequest, response: HttpResponse, body?: AsyncIterable<Uint8Array>) => void;

/** A method, and the limits of its messages. */
interface Served {
  readonly handler: UniversalHandler;
  readonly limits: MessageLimits;
}

/** gRPC, gRPC-Web and Connect for the given services, as a handler for Node's HTTP/1.1 and HTTP/2 servers. */
export function createConnectHandler(options: ConnectHandlerOptions): ConnectHandler {
  const router = createConnectRouter({
    interceptors: [errorInterceptor, longAnswerInterceptor],
    // Each method has its own limit, which has been checked before a message gets here.
    readMaxBytes: options.limits.maxRequestBytes,
    acceptCompression: [...compressions],
    // A misspelt field would otherwise be silently ignored: a filter without effect, or a missing input.
    jsonOptions: { ignoreUnknownFields: false },
    // Unknown fields are dropped, so that they take no memory.
    binaryOptions: { readUnknownFields: false },
  });
  options.routes(router);
  const served = new Map<string, Served>(
    router.handlers.map((handler) => [
      handler.requestPath,
      { handler, limits: limitsOf(handler.method, options.limits) },
    ]),
  );

  const { memory, bodyTimeoutMs = Number.POSITIVE_INFINITY } = options;
  const limitOf = ({ method }: UniversalHandler, call: Call | undefined): UploadLimit | undefined => {
    if (bodyTimeoutMs === Number.POSITIVE_INFINITY) return undefined;
    const eachPiece = method.methodKind === "bidi_streaming" || method.methodKind === "client_streaming";
    return { timeoutMs: bodyTimeoutMs, eachPiece, error: () => bodyFailure(call, tooSlow(bodyTimeoutMs)) };
  };

  const answer = async (
    { handler, limits }: Served,
    request: HttpRequest,
    response: HttpResponse,
    begun: AsyncIterable<Uint8Array> | undefined,
  ): Promise<void> => {
    const contextValues = options.contextValues?.(request) ?? createContextValues();
    const call = contextValues.get(callKey);
    const { method } = handler;
    const count = memory === undefined || call === undefined ? undefined : { memory, holder: call };
    const isAwaited = begun === undefined && method.methodKind === "unary" && request.method === "POST";
    const awaited = isAwaited ? await unaryBody(request, { method, limits, count, call, bodyTimeoutMs }) : undefined;
    if (isAwaited && awaited === undefined) return;
    const asked = universalRequest(request, response, contextValues);
    const { header } = asked;
    let { url } = asked;
    if (request.method === "GET" && handler.allowedMethods.includes("GET")) {
      try {
        url = await withPlainQuery(url, header, { method, limits, count });
      } catch (error) {
        if (!(error instanceof RegistryError)) throw error;
        noteFailure(call, error);
        const told = toConnectError(error);
        sendFailure(response, "application/json", options.explainErrors === false ? withoutDetails(told) : told);
        return;
      }
    }
    if (isAwaited) shortenDeadline(header, call);
    const read: MessageBody =
      awaited instanceof Uint8Array
        ? awaited
        : refusable(
            readMessages(awaited ?? begun ?? uploadOf(request, limitOf(handler, call)), header, {
              method,
              limits,
              count,
              isCounted: isAwaited || begun !== undefined,
            }),
            call,
          );
    // Connect takes whole bytes, too, though its type names only pieces and values of JSON.
    const body = (options.explainErrors === false ? failingBare(read) : read) as AsyncIterable<Uint8Array>;
    const direct = options.direct?.get(handler.requestPath);
    const whole = { ...asked, url, body };
    const answered = await (direct === undefined
      ? withLongAnswer({ header, contextValues }, () => handler(whole))
      : direct(whole, handler));
    if (options.explainErrors === false) {
      await sendAnswer(answered, response, (error) => error);
      return;
    }
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
        httpMethod: asked.method,
        limits,
        input: method.input,
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
    const found = served.get(pathOf(request));
    if (found === undefined) {
      response.statusCode = 404;
      response.end();
      return;
    }
    answer(found, request, response, body).catch((error: unknown) => {
      // The memory budget has no room for the answer.
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

/** An error without details, as Connect's own are. */
function withoutDetails({ rawMessage, code }: ConnectError): ConnectError {
  return new ConnectError(rawMessage, code);
}

/** A body whose errors have no details. */
function failingBare(body: MessageBody): MessageBody {
  return body instanceof Uint8Array ? body : bareErrors(body);
}

async function* bareErrors(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw error instanceof ConnectError ? withoutDetails(error) : error;
  }
}

/** The path of a request, without its query. */
export function pathOf(request: HttpRequest): string {
  const url = request.url ?? "/";
  const query = url.indexOf("?");
  return query < 0 ? url : url.slice(0, query);
}
