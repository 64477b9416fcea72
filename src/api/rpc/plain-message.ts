import { tooLarge, tooSlow } from "../body-limits.ts";
import type { Call } from "../call.ts";
import { asBodyFailure } from "../count-body.ts";
import type { HttpRequest } from "../http.ts";
import { readPlainBody } from "../plain-body.ts";
import { checkMessage, type ReadOptions } from "./read-messages.ts";

/** How the message of a plain unary call of Connect is read. */
export interface PlainMessageOptions extends ReadOptions {
  /** The call that a refusal is noted on. */
  readonly call: Call | undefined;
  /** How long the body may take to arrive, in milliseconds. Undefined: for ever. */
  readonly timeoutMs: number | undefined;
}

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
 * The message of such a call in one piece, read when Connect asks for it. The iterators that `readMessages` leads every
 * other body through cost a small call more than all that Connect does.
 *
 * @param headers as Connect gets them; the length is taken out, so that the message is not copied to its measure
 */
export function plainMessage(
  request: HttpRequest,
  headers: Headers,
  options: PlainMessageOptions,
): AsyncIterable<Uint8Array> {
  const { limits, count, timeoutMs, call } = options;
  const { maxBytes } = limits;
  const isJson = headers.get("content-type") === "application/json";
  const length = Number(headers.get("content-length") ?? 0);
  headers.delete("content-length");

  const read = (): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      const refuse = (error: unknown): void => reject(asBodyFailure(call, error));
      // One that says it is too large is not begun with.
      if (length > maxBytes) {
        refuse(tooLarge(limits));
        return;
      }
      readPlainBody(request, { maxBytes, timeoutMs }, count, {
        whole(message) {
          try {
            checkMessage(message, isJson, options);
            resolve(message);
          } catch (error) {
            refuse(error);
          }
        },
        tooLarge(begun) {
          begun.clear();
          refuse(tooLarge(limits));
        },
        tooSlow: () => refuse(tooSlow(timeoutMs!)),
        noRoom: refuse,
        left: (cause) => reject(cause ?? new Error("the caller has left")),
      });
    });

  let isRead = false;
  const message: AsyncIterator<Uint8Array> = {
    async next() {
      if (isRead) return { done: true, value: undefined };
      isRead = true;
      return { done: false, value: await read() };
    },
  };
  return { [Symbol.asyncIterator]: () => message };
}
