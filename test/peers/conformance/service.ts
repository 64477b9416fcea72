import { setTimeout as sleep } from "node:timers/promises";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type Any, anyPack } from "@bufbuild/protobuf/wkt";
import { ConnectError, type ConnectRouter, type HandlerContext } from "@connectrpc/connect";
import {
  type ConformanceRequest,
  conformanceService,
  type ErrorDefinition,
  type Header,
  messageDesc,
  registry,
  type StreamResponseDefinition,
  type UnaryResponseDefinition,
} from "./messages.ts";

type UnaryRequest = ConformanceRequest<UnaryResponseDefinition>;
type StreamRequest = ConformanceRequest<StreamResponseDefinition>;

const requestInfoDesc = messageDesc("ConformancePayload.RequestInfo");

/** Registers the service of the conformance suite: every request says how it is to be answered. */
export function registerConformanceService(router: ConnectRouter): void {
  // `Unimplemented` is left out on purpose. The descriptors come from a file, so the methods have no types of their own.
  router.service(
    conformanceService,
    { unary, idempotentUnary: unary, clientStream, serverStream, bidiStream } as never,
    {
      jsonOptions: { registry },
    },
  );
}

async function unary(request: UnaryRequest, context: HandlerContext): Promise<object> {
  return answerOnce(request.responseDefinition, [request], context);
}

async function clientStream(requests: AsyncIterable<UnaryRequest>, context: HandlerContext): Promise<object> {
  const received: UnaryRequest[] = [];
  for await (const request of requests) received.push(request);
  return answerOnce(received[0]?.responseDefinition, received, context);
}

async function answerOnce(
  definition: UnaryResponseDefinition | undefined,
  requests: readonly UnaryRequest[],
  context: HandlerContext,
): Promise<object> {
  const info = requestInfo(requests, context);
  if (definition === undefined) return { payload: { requestInfo: info } };
  setHeaders(definition, context);
  await sleep(definition.responseDelayMs);
  const { response } = definition;
  if (response.case === "error") throw errorFrom(response.value, info);
  return { payload: { requestInfo: info, ...(response.case && { data: response.value }) } };
}

async function* serverStream(request: StreamRequest, context: HandlerContext): AsyncIterable<object> {
  const definition = request.responseDefinition;
  if (definition === undefined) return;
  setHeaders(definition, context);
  yield* answerRest(definition, 0, [request], context);
}

async function* bidiStream(requests: AsyncIterable<StreamRequest>, context: HandlerContext): AsyncIterable<object> {
  let definition: StreamResponseDefinition | undefined;
  let fullDuplex = false;
  let first = true;
  let sent = 0;
  let received: StreamRequest[] = [];
  for await (const request of requests) {
    received.push(request);
    if (first) {
      first = false;
      definition = request.responseDefinition;
      fullDuplex = request.fullDuplex ?? false;
      if (definition) setHeaders(definition, context);
    }
    if (!fullDuplex) continue;
    const data = definition?.responseData[sent];
    if (definition === undefined || data === undefined) break;
    await sleep(definition.responseDelayMs);
    const info = sent === 0 ? requestInfo(received, context) : { requests: packed(received) };
    yield { payload: { data, requestInfo: info } };
    received = [];
    sent++;
  }
  if (definition) yield* answerRest(definition, sent, received, context);
}

/** The answers that are still to be sent once all requests are there, and the error after them. */
async function* answerRest(
  definition: StreamResponseDefinition,
  alreadySent: number,
  requests: readonly StreamRequest[],
  context: HandlerContext,
): AsyncIterable<object> {
  let sent = alreadySent;
  for (const data of definition.responseData.slice(alreadySent)) {
    await sleep(definition.responseDelayMs);
    yield { payload: { data, ...(sent === 0 && { requestInfo: requestInfo(requests, context) }) } };
    sent++;
  }
  if (definition.error) throw errorFrom(definition.error, sent === 0 ? requestInfo(requests, context) : undefined);
}

/** What the server saw of a call, for the runner to compare with what its client sent. */
function requestInfo(
  requests: readonly (UnaryRequest | StreamRequest)[],
  context: HandlerContext,
): MessageInitShape<typeof requestInfoDesc> {
  const timeoutMs = context.timeoutMs();
  return create(requestInfoDesc, {
    requestHeaders: toHeaders(context.requestHeader),
    requests: packed(requests),
    ...(timeoutMs !== undefined && { timeoutMs: BigInt(Math.round(timeoutMs)) }),
    ...(context.requestMethod === "GET" && {
      connectGetInfo: { queryParams: toHeaders(new URL(context.url).searchParams) },
    }),
  });
}

function packed(requests: readonly (UnaryRequest | StreamRequest)[]): Any[] {
  return requests.map((request) => {
    const desc = registry.getMessage(request.$typeName);
    if (desc === undefined) throw new Error(`unknown message ${request.$typeName}`);
    return anyPack(desc, request);
  });
}

function toHeaders(entries: Iterable<[string, string]>): Header[] {
  return Array.from(entries, ([name, value]) => ({ name, value: [value] }));
}

function setHeaders(
  definition: { responseHeaders: Header[]; responseTrailers: Header[] },
  context: HandlerContext,
): void {
  for (const { name, value } of definition.responseHeaders) {
    for (const one of value) context.responseHeader.append(name, one);
  }
  for (const { name, value } of definition.responseTrailers) {
    for (const one of value) context.responseTrailer.append(name, one);
  }
}

function errorFrom(
  definition: ErrorDefinition,
  info: MessageInitShape<typeof requestInfoDesc> | undefined,
): ConnectError {
  const error = new ConnectError(definition.message ?? "", definition.code);
  error.details = definition.details.map(({ typeUrl, value }) => ({
    type: typeUrl.slice(typeUrl.lastIndexOf("/") + 1),
    value,
  }));
  if (info !== undefined) error.details.push({ desc: requestInfoDesc, value: info });
  return error;
}
