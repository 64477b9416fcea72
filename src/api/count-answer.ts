import type { MemoryBudget } from "../registry/memory-budget.ts";
import type { Call } from "./call.ts";
import type { HttpResponse } from "./http.ts";
import { isShared } from "./shared-answer.ts";

/** An answer that says no has to fit in any case. */
const alwaysBytes = 4096;

type Write = (chunk?: unknown, encoding?: unknown, done?: unknown) => unknown;

/**
 * Counts what an answer holds until its caller has taken it. Writing more than there is room for throws SERVER_OVERLOADED,
 * and nothing is written. What is the same for all callers is held once, and does not count.
 */
export function countAnswer(response: HttpResponse, call: Call, memory: MemoryBudget): void {
  const counted = (write: Write): Write => {
    // As many as Node takes: a list of the rest would be made for each.
    return (chunk, encoding, done) => {
      const size = sizeOf(chunk);
      call.answerBytes = (call.answerBytes ?? 0) + size;
      if (size > alwaysBytes && !isShared(chunk)) memory.takeAtLeast(call, response.writableLength + size);
      return write.call(response, chunk, encoding, done);
    };
  };
  const writable = response as unknown as { write: Write; end: Write };
  writable.write = counted(writable.write);
  writable.end = counted(writable.end);
}

function sizeOf(chunk: unknown): number {
  if (chunk instanceof Uint8Array) return chunk.byteLength;
  return typeof chunk === "string" ? chunk.length : 0;
}
