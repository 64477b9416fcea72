import { tooLarge, tooSlow, uploadTooLate } from "../body-limits.ts";
import type { Call } from "../call.ts";
import { asBodyFailure } from "../count-body.ts";
import type { HttpRequest } from "../http.ts";
import { readPlainBody } from "../plain-body.ts";
import { checkMessage, type ReadOptions } from "./read-messages.ts";

/** How the message of a plain unary call of Connect is read. */
export interface PlainMessageOptions extends ReadOptions {
  /** The call that a refusal is noted on. */
  readonly call: Call | undefined;
  /** How long the body may take to arrive, in milliseconds. */
  readonly bodyTimeoutMs: number;
}

/** The body of a call: as it comes, or the one message that it has been read into. */
export type MessageBody = AsyncIterable<Uint8Array> | Uint8Array;

const plainTypes: ReadonlySet<string> = new Set(["application/json", "application/proto"]);

/** Whether the body of a request is the one message of a unary call of Connect, not compressed. */
export function isPlainUnary({ method, headers }: HttpRequest): boolean {
  const encoding = headers["content-encoding"];
  return (
    method === "POST" &&
    plainTypes.has(headers["content-type"] ?? "") &&
    (encoding === undefined || encoding === "identity")
  );
}

/**
 * The message of such a call, read in one piece before Connect is called: the iterators that `readMessages` leads every other
 * body through cost a small call more than all that Connect does. What refuses it is left for Connect to meet when it reads.
 *
 * @param headers as Connect gets them, which counts the deadline from when it is called
 */
export async function plainMessage(
  request: HttpRequest,
  headers: Headers,
  options: PlainMessageOptions,
): Promise<MessageBody> {
  const { call } = options;
  try {
    const message = await readMessage(request, options);
    if (typeof call?.deadline === "number") headers.set(timeoutHeader, String(Math.ceil(timeLeft(call))));
    return message;
  } catch (error) {
    // What it says of its length would be judged before it is read.
    headers.delete("content-length");
    return failing(asBodyFailure(call, error));
  }
}

const timeoutHeader = "connect-timeout-ms";

/** How much of its deadline a call has left, in milliseconds. */
function timeLeft({ deadline, startedMs }: Call): number {
  return typeof deadline === "number"
    ? Math.max(0, deadline - (performance.now() - startedMs))
    : Number.POSITIVE_INFINITY;
}

function readMessage(request: HttpRequest, options: PlainMessageOptions): Promise<Buffer> {
  const { limits, count, call, bodyTimeoutMs } = options;
  const { maxBytes } = limits;
  const { headers } = request;
  // One that says it is too large is not begun with.
  if (Number(headers["content-length"] ?? 0) > maxBytes) return Promise.reject(tooLarge(limits));
  const deadlineMs = call === undefined ? Number.POSITIVE_INFINITY : timeLeft(call);
  const timeoutMs = Math.min(deadlineMs, bodyTimeoutMs);
  return new Promise((resolve, reject) => {
    readPlainBody(request, { maxBytes, timeoutMs }, count, {
      whole(message) {
        try {
          checkMessage(message, headers["content-type"] === "application/json", options);
          resolve(message);
        } catch (error) {
          reject(error);
        }
      },
      tooLarge(begun) {
        begun.clear();
        reject(tooLarge(limits));
      },
      tooSlow: () => reject(timeoutMs === deadlineMs ? uploadTooLate() : tooSlow(bodyTimeoutMs)),
      noRoom: reject,
      left: (cause) => reject(cause ?? new Error("the caller has left")),
    });
  });
}

// biome-ignore lint/correctness/useYield: it fails before its first piece
async function* failing(error: unknown): AsyncGenerator<never> {
  throw error;
}
