import type { UniversalServerRequest } from "@connectrpc/connect/protocol";
import { tooSlow } from "../body-limits.ts";
import { bodyFailure, refusable } from "../count-body.ts";
import { type UploadLimit, uploadOf } from "../upload.ts";
import { messageBody, shortenDeadline } from "./message-body.ts";
import type { MethodCall } from "./method-call.ts";
import { withPlainQuery } from "./query-message.ts";
import { readMessages } from "./read-messages.ts";
import { universalRequest } from "./universal-request.ts";

/**
 * A call as Connect takes it: decompressed, and within the limits of its method. The body of one with a single message has
 * been read by then; what refuses that of another is left for Connect to meet when it reads.
 *
 * @param begun the body, where it has been read already, whole or in part
 * @returns undefined when the caller has left
 * @throws RegistryError of a query, or of the body of a call with a single message
 */
export async function askedRequest(
  called: MethodCall,
  begun: AsyncIterable<Uint8Array> | undefined,
): Promise<UniversalServerRequest | undefined> {
  const { handler, request, response, contextValues, call } = called;
  const { methodKind } = handler.method;
  const isSingle = methodKind === "unary" || methodKind === "server_streaming";
  const isAwaited = begun === undefined && isSingle && request.method === "POST";
  const awaited = isAwaited ? await messageBody(request, called) : undefined;
  if (isAwaited && awaited === undefined) return undefined;
  const head = universalRequest(request, response, contextValues);
  const isQuery = request.method === "GET" && handler.allowedMethods.includes("GET");
  const url = isQuery ? await withPlainQuery(head.url, head.header, called) : head.url;
  if (isAwaited) shortenDeadline(head.header, call);
  const isChecked = awaited !== undefined && "checked" in awaited;
  const body = isChecked ? awaited.checked : messagesOf(called, head.header, awaited?.pieces ?? begun);
  // Connect takes whole bytes, too, though its type names only pieces and values of JSON.
  return { ...head, url, body: body as UniversalServerRequest["body"] };
}

function messagesOf(
  called: MethodCall,
  header: Headers,
  counted: AsyncIterable<Uint8Array> | undefined,
): AsyncIterable<Uint8Array> {
  const { method, limits, count, request, call } = called;
  const pieces = counted ?? uploadOf(request, uploadLimit(called));
  return refusable(readMessages(pieces, header, { method, limits, count, isCounted: counted !== undefined }), call);
}

function uploadLimit({ method, call, bodyTimeoutMs }: MethodCall): UploadLimit | undefined {
  if (bodyTimeoutMs === Number.POSITIVE_INFINITY) return undefined;
  const eachPiece = method.methodKind === "bidi_streaming" || method.methodKind === "client_streaming";
  return { timeoutMs: bodyTimeoutMs, eachPiece, error: () => bodyFailure(call, tooSlow(bodyTimeoutMs)) };
}
