import type { JsonValue } from "@bufbuild/protobuf";
import type { UniversalHandler } from "@connectrpc/connect/protocol";
import { RegistryError } from "../../registry/registry-error.ts";
import { BodyBuffer } from "../body-buffer.ts";
import { tooLarge, tooSlow, uploadTooLate } from "../body-limits.ts";
import { bodyPieces } from "../body-pieces.ts";
import { type Call, timeLeftMs } from "../call.ts";
import { asBodyFailure, countPieces } from "../count-body.ts";
import { connectionOf, type HttpRequest, type HttpResponse, hasLeft } from "../http.ts";
import { stepOfLargeBody, turnOfLargeBody } from "../large-body.ts";
import { type BodySize, readPlainBody } from "../plain-body.ts";
import { writeDeadline } from "../protocol.ts";
import { uploadOf } from "../upload.ts";
import { framingOf, isJsonType } from "./framing.ts";
import { parseJsonMessage } from "./json-message.ts";
import { checkMessage, type ReadOptions } from "./read-messages.ts";
import { messageInEnvelope, sizeOfEnvelope } from "./single-envelope.ts";

/** How the body of a call with one message is read. */
export interface MessageBodyOptions extends ReadOptions {
  /** Connect's handler of the method. */
  readonly handler: UniversalHandler;
  /** The call that a refusal is noted on. */
  readonly call: Call | undefined;
  /** The answer, for whose connection the message waits its turn. */
  readonly response: HttpResponse;
  /** How long the body may take to arrive, in milliseconds. */
  readonly bodyTimeoutMs: number;
}

/** A body: as it has come, or what Connect takes for it: one message, in an envelope, in protobuf or parsed from JSON. */
export type MessageBody =
  | { readonly pieces: AsyncIterable<Uint8Array> }
  | { readonly checked: AsyncIterable<Uint8Array> | Uint8Array | JsonValue };

const jsonType = "application/json";
const plainTypes: ReadonlySet<string> = new Set([jsonType, "application/proto"]);

/** Whether a body is nothing but the message of a call of Connect, not compressed. */
function isPlain({ headers }: HttpRequest): boolean {
  const encoding = headers["content-encoding"];
  return plainTypes.has(headers["content-type"] ?? "") && (encoding === undefined || encoding === "identity");
}

/** The message of a body that is one envelope, not compressed; undefined of any other. */
function envelopedMessage(body: Buffer, { headers }: HttpRequest): Buffer | undefined {
  if (framingOf(headers["content-type"] ?? "") === "connect-unary") return undefined;
  const encoding = headers["grpc-encoding"] ?? headers["connect-content-encoding"] ?? "identity";
  return encoding === "identity" ? messageInEnvelope(body) : undefined;
}

/**
 * The body of a call with one message, read before Connect is called: the iterators that a body goes through as it comes cost a
 * small call more than all that Connect does, and so do thousands of calls whose bodies never come.
 *
 * @returns undefined when the caller has left
 * @throws RegistryError what refuses the body of a call that Connect would take
 */
export async function messageBody(request: HttpRequest, options: MessageBodyOptions): Promise<MessageBody | undefined> {
  const { limits, call, count, handler, response } = options;
  const plain = isPlain(request);
  // What Connect does not take it answers with 415, whatever the body is.
  const isTaken = handler.supportedContentType(request.headers["content-type"] ?? "");
  try {
    // One that says it is too large is not begun with.
    if (plain && Number(request.headers["content-length"] ?? 0) > limits.maxBytes) throw tooLarge(limits);
    const body = await readBody(request, plain ? limits : sizeOfEnvelope(limits.maxBytes), options);
    if (body === undefined) return undefined;
    if (body instanceof BodyBuffer) {
      if (!plain) return { pieces: bodyPieces(body.drain(), countPieces(uploadOf(request), count)) };
      body.clear();
      throw tooLarge(limits);
    }
    const turn = turnOfLargeBody(body.byteLength, request, response);
    if (turn !== undefined) await turn;
    if (hasLeft(response)) return undefined;
    const message = plain ? body : isTaken ? envelopedMessage(body, request) : undefined;
    if (message === undefined) return { pieces: bodyPieces([body]) };
    checkMessage(message, isJsonType(request.headers["content-type"] ?? ""), options);
    const connection = connectionOf(request, response);
    const checked = stepOfLargeBody(body.byteLength, connection);
    if (checked !== undefined) await checked;
    if (!plain) return { checked: bodyPieces([body]) };
    const parsed = request.headers["content-type"] === jsonType ? parseJsonMessage(body, options.method.input) : body;
    const rested = stepOfLargeBody(body.byteLength, connection);
    if (rested !== undefined) await rested;
    return { checked: parsed };
  } catch (error) {
    if (isTaken && error instanceof RegistryError) throw error;
    return { pieces: failing(asBodyFailure(call, error)) };
  }
}

/** Shortens the deadline that Connect is given, which it counts from when it is called, by what the body has taken. */
export function shortenDeadline(headers: Headers, call: Call | undefined): void {
  const leftMs = call && timeLeftMs(call);
  if (leftMs !== undefined) writeDeadline(call!.protocol, headers, Math.max(0, leftMs));
}

/** The whole body, or what has come of one that is larger; undefined when the caller has left. */
function readBody(
  request: HttpRequest,
  { maxBytes, declaredBytes }: BodySize,
  { count, call, bodyTimeoutMs }: MessageBodyOptions,
): Promise<Buffer | BodyBuffer | undefined> {
  const deadlineMs = Math.max(0, (call && timeLeftMs(call)) ?? Number.POSITIVE_INFINITY);
  const timeoutMs = Math.min(deadlineMs, bodyTimeoutMs);
  return new Promise((resolve, reject) => {
    readPlainBody(request, { maxBytes, declaredBytes, timeoutMs }, count, {
      whole: resolve,
      tooLarge: resolve,
      tooSlow: () => reject(timeoutMs === deadlineMs ? uploadTooLate() : tooSlow(bodyTimeoutMs)),
      noRoom: reject,
      left: () => resolve(undefined),
    });
  });
}

// biome-ignore lint/correctness/useYield: it fails before its first piece
async function* failing(error: unknown): AsyncGenerator<never> {
  throw error;
}
