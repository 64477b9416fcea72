import type { MemoryBudget } from "../registry/memory-budget.ts";
import type { Call } from "./call.ts";
import type { HttpResponse } from "./http.ts";
import { isShared } from "./shared-answer.ts";

/** The answer to a refused call always has to fit. */
const alwaysBytes = 4096;

type Write = (chunk?: unknown, encoding?: unknown, done?: unknown) => unknown;

/**
 * Counts the bytes of an answer that its caller has not taken yet. Writing beyond the memory budget throws
 * SERVER_OVERLOADED, and nothing is written. Content that all callers share is in memory once, and is not counted.
 */
export function countAnswer(response: HttpResponse, call: Call, memory: MemoryBudget): void {
  const counted = (write: Write): Write => {
    // Named parameters, as a rest parameter would create an array for each write.
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
