import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { type ContextKey, createContextKey, type HandlerContext } from "@connectrpc/connect";
import { Cancellation } from "../base/cancellation.ts";
import type { CallerReason } from "../predict/limits/time-limit.ts";
import type { PredictNotes } from "../predict/pipeline.ts";
import { type Access, everyone } from "../registry/access.ts";
import type { BytesHolder } from "../registry/bytes-holder.ts";
import type { RegisteredModel } from "../registry/model.ts";
import { type CallError, type CallReason, codeOf } from "./error.ts";
import type { HttpRequest, HttpResponse } from "./http.ts";
import { type Deadline, hasPassed, type Protocol, protocolOf, readDeadline } from "./protocol.ts";

/** One call, from its first byte to its last: what the log, the metrics and the traces say about it. */
export interface Call extends BytesHolder {
  /** The caller's `x-request-id`, or one made here. Returned with the answer and sent to the model. */
  readonly requestId: string;
  readonly protocol: Protocol;
  readonly startedMs: number;
  /** How long the caller waits, in milliseconds from the start; undefined when it does not say. */
  readonly deadline: Deadline;
  /** W3C trace context, as it goes to the model. */
  traceparent: string | undefined;
  readonly tracestate: string | undefined;
  /** `kserve.registry.v1.ModelRegistry/Predict`, or a REST route such as `GET /api/v1/models/{name}`. */
  method: string;
  /** The model that is concerned. Only a registered one: it goes into the log and into traces. */
  model: RegisteredModel | undefined;
  /** What the caller may see and use. */
  access: Access;
  /** Is cancelled when the answer closes: nothing needs to be done for this call any more. */
  readonly caller: Cancellation<CallerReason>;
  /** Whether the caller has no credentials where others have: its share of memory is small. */
  isAnonymous: boolean;
  /** Whether its request writes a record of the registry of versions: the share of memory of all such calls is limited. */
  writesRecord: boolean;
  /** Why the call failed, where a reason is known. */
  reason: CallReason | undefined;
  /** The error of a failed call, for the log alone. */
  error: CallError | undefined;
  /** The gRPC status, or the Connect code as a number, where it is known. */
  status: number | undefined;
  /** What is known of the call's prediction, for the log and the metrics. */
  readonly prediction: PredictNotes;
  receivedBytes: number;
  /** Bytes of the answer's body that were sent, where they were counted. */
  answerBytes: number | undefined;
  readonly headers: IncomingHttpHeaders;
}

/** Under this key a Connect handler finds its call. */
export const callKey: ContextKey<Call | undefined> = createContextKey<Call | undefined>(undefined, {
  description: "call",
});

/** Starts a call from the head of a request. `method` is the RPC that its path names, if it is one. */
export function beginCall(request: HttpRequest, method: string | undefined): Call {
  const { headers } = request;
  const protocol = protocolOf(headers, method);
  return {
    requestId: requestIdOf(headers),
    protocol,
    startedMs: performance.now(),
    deadline: readDeadline(protocol, headers),
    traceparent: validTraceparent(headers.traceparent),
    tracestate: single(headers.tracestate),
    // Never the path as it came: it becomes a label of metrics.
    method: method ?? "unknown",
    model: undefined,
    access: everyone,
    caller: new Cancellation(),
    isAnonymous: false,
    writesRecord: false,
    reason: undefined,
    error: undefined,
    status: undefined,
    heldBytes: 0,
    receivedBytes: 0,
    answerBytes: undefined,
    prediction: {},
    headers,
  };
}

const probePath = /^\/(?:livez|readyz|metrics|ui|v2\/health)(?:[/?]|$)/;
const probeRpc = /^grpc\.health\.v1\.Health\/Check$|^inference\.GRPCInferenceService\/Server(?:Live|Ready)$/;

/**
 * Whether this is a routine request: a probe of the kubelet or a scrape, which come every few seconds, or a file of the
 * page.
 */
export function isProbe(call: Call, { method, url = "" }: HttpRequest): boolean {
  return probeRpc.test(call.method) || ((method === "GET" || method === "HEAD") && probePath.test(url));
}

/** Whether a call asks for a prediction, over RPC, a typed service or REST. */
export function asksForPrediction({ method }: Call): boolean {
  return /(?:(?:\/|:)[Pp]redict|\/(?:infer|ModelInfer))$/.test(method);
}

/** Records on a call why it failed. */
export function noteFailure(call: Call | undefined, error: CallError): void {
  if (call === undefined) return;
  call.reason = error.reason;
  call.error = error;
  call.status = codeOf(error.reason);
}

/** How much of its deadline a call has left, in milliseconds, below 0 once it has passed; undefined where it has none. */
export function timeLeftMs({ deadline, startedMs }: Call): number | undefined {
  return typeof deadline === "number" ? deadline - (performance.now() - startedMs) : undefined;
}

/** Why a caller left before its answer: clients also leave when their own deadline passes. */
export function whyLeft({ deadline, startedMs }: Call): CallerReason {
  // The fast way out: this runs at the end of each call, and most have no deadline.
  if (deadline === undefined) return "CALLER_LEFT";
  return hasPassed(deadline, performance.now() - startedMs) ? "DEADLINE_EXCEEDED" : "CALLER_LEFT";
}

/** What the caller of an RPC may see and use. Without a server in front there is no call, and no access control. */
export function accessOf({ values }: Pick<HandlerContext, "values">): Access {
  return values.get(callKey)?.access ?? everyone;
}

/** Headers of CloudEvents and B3 tracing. Looking up each one costs less than going through all headers of a call. */
const passedOn = ["ce-id", "x-b3-traceid", "x-b3-spanid", "x-b3-parentspanid", "x-b3-sampled", "x-b3-flags"];

/** The headers that go to the model, by allow-list. */
export function upstreamHeaders(call: Call): Record<string, string> {
  const headers: Record<string, string> = { "x-request-id": call.requestId };
  if (call.traceparent !== undefined) {
    headers.traceparent = call.traceparent;
    // `tracestate` has no meaning without `traceparent` (W3C Trace Context, 3.3).
    if (call.tracestate !== undefined) headers.tracestate = call.tracestate;
  }
  for (const name of passedOn) {
    const value = single(call.headers[name]);
    if (value !== undefined) headers[name] = value;
  }
  return headers;
}

/** The trace id of a call whose trace is recorded. */
export function recordedTraceOf({ traceparent }: Call): string | undefined {
  const isRecorded = traceparent !== undefined && (Number.parseInt(traceparent.slice(53, 55), 16) & 1) === 1;
  return isRecorded ? traceparent.slice(3, 35) : undefined;
}

/** The size of a request's body in bytes: by its `content-length`, else what has arrived. */
export function requestBytesOf({ headers, receivedBytes }: Call): number {
  const { "content-length": length } = headers;
  return length === undefined ? receivedBytes : Number(length);
}

/** The bytes of an answer's body that were sent: as counted, else by its `content-length`. */
export function answerBytesOf({ answerBytes }: Call, response: HttpResponse): number {
  return answerBytes ?? (Number(response.getHeader("content-length")) || 0);
}

/** The trace id of a call, for the log. */
export function traceIdOf(call: Call): string | undefined {
  return call.traceparent?.slice(3, 35);
}

function requestIdOf(headers: IncomingHttpHeaders): string {
  const given = single(headers["x-request-id"]);
  // Printable and short, so that it can go into a header and a log line as it is.
  return given !== undefined && /^[\x21-\x7e]{1,128}$/.test(given) ? given : randomUUID();
}

/** Version 00 ends with its flags; later ones may go on (W3C Trace Context, 3.2). */
const traceparentForm =
  /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}((?<!^00.*)-.{0,100})?$/;

function validTraceparent(header: string | string[] | undefined): string | undefined {
  const value = single(header);
  return value !== undefined && traceparentForm.test(value) ? value : undefined;
}

function single(value: string | string[] | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}
