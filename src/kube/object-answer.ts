import type { IncomingMessage } from "node:http";
import { connectionError, KubeError } from "./kube-error.ts";
import { maxObjectBytes } from "./list-items.ts";

/** How long an object may take to arrive after the head of its answer, in milliseconds. */
export const objectTimeoutMs = 30_000;

/**
 * Reads the object of an answer. Whoever waits for it often holds something meanwhile that others need, and an API
 * server, or a proxy before it, may stop within its answer.
 *
 * @param timeoutMs how long it may take in all, so that an answer that comes a byte at a time ends too
 * @throws KubeError when it does not come in time, is larger than any API server stores, or is not JSON
 */
export async function readObject(response: IncomingMessage, timeoutMs: number): Promise<unknown> {
  const late = new KubeError(`the rest of the API server's answer does not come within ${timeoutMs / 1000}s`);
  const timer = setTimeout(() => response.destroy(late), timeoutMs);
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of response) {
      bytes += (piece as Buffer).length;
      if (bytes > maxObjectBytes) throw tooLarge();
      pieces.push(piece as Buffer);
    }
  } catch (error) {
    throw connectionError(error);
  } finally {
    clearTimeout(timer);
  }
  return parsedAnswer(Buffer.concat(pieces).toString());
}

/** @throws KubeError for a text that is not JSON */
export function parsedAnswer(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new KubeError("the API server answered with something other than JSON", { cause: error });
  }
}

function tooLarge(): KubeError {
  return new KubeError(`the API server answered with an object of more than ${maxObjectBytes / 1024 ** 2} MiB`);
}
