import type { MemoryBudget } from "../../registry/memory-budget.ts";
import { tooSlow, uploadTooLate } from "../body-limits.ts";
import { bodyPieces } from "../body-pieces.ts";
import type { Call } from "../call.ts";
import { countPieces } from "../count-body.ts";
import { toCallError } from "../error.ts";
import type { HttpRequest, HttpResponse } from "../http.ts";
import { type BodySize, readPlainBody } from "../plain-body.ts";
import { refuseCall } from "../refuse-call.ts";
import type { RpcLimits } from "../rpc/message-limits.ts";
import { uploadOf } from "../upload.ts";

/** What the fast path needs besides what its methods do. */
export interface LeanDeps {
  readonly limits: RpcLimits;
  /** How long a request may take to arrive, in milliseconds. */
  readonly bodyTimeoutMs: number;
  readonly memory: MemoryBudget;
  /** Lets Connect answer the call, with the part of its body that has been read. */
  readonly handOver: (
    request: HttpRequest,
    response: HttpResponse,
    call: Call,
    body: AsyncIterable<Uint8Array>,
  ) => void;
  /** Called with faults of this server, by which an answer breaks off. */
  readonly onFault: (error: unknown) => void;
}

/** A call on the fast path. */
export interface LeanExchange {
  readonly request: HttpRequest;
  readonly response: HttpResponse;
  readonly call: Call;
}

/** Reads the body of a call. One that is too large goes to Connect, and one that fails is answered. */
export function readLeanBody(
  exchange: LeanExchange,
  size: BodySize,
  { bodyTimeoutMs, memory, handOver }: LeanDeps,
  whole: (body: Buffer) => void,
): void {
  const { request, response, call } = exchange;
  const deadlineMs = typeof call.deadline === "number" ? call.deadline : Number.POSITIVE_INFINITY;
  const timeoutMs = Math.min(deadlineMs, bodyTimeoutMs);
  const counted = { memory, holder: call };
  readPlainBody(request, { ...size, timeoutMs }, counted, {
    whole,
    tooLarge: (read) =>
      handOver(request, response, call, bodyPieces(read.drain(), countPieces(uploadOf(request), counted))),
    // The upload took longer than the deadline, or than this server waits for a body.
    tooSlow: () => failLean(exchange, timeoutMs === deadlineMs ? uploadTooLate() : tooSlow(bodyTimeoutMs)),
    noRoom: (error) => failLean(exchange, error),
    left() {},
  });
}

/** Answers a call with an error and nothing else. */
export function failLean({ request, response, call }: LeanExchange, error: unknown): void {
  refuseCall(request, response, call, { error: toCallError(error), isRpc: true });
}
