import type { ConnectError } from "@connectrpc/connect";
import type { MemoryBudget } from "../registry/memory-budget.ts";
import { RegistryError } from "../registry/registry-error.ts";
import { type Call, noteFailure } from "./call.ts";
import { toConnectError } from "./error.ts";

/**
 * Counts the bytes of a body as they are read. Where there is no room for them, or the body is refused, it ends with the
 * error that Connect is to send.
 */
export async function* countBody(
  body: AsyncIterable<Uint8Array>,
  memory: MemoryBudget | undefined,
  call: Call | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) {
      if (call !== undefined) memory?.take(call, chunk.byteLength);
      yield chunk;
    }
  } catch (error) {
    throw error instanceof RegistryError ? bodyFailure(call, error) : error;
  }
}

/** What a body ends with, for Connect to send it. Notes it on the call. */
export function bodyFailure(call: Call | undefined, error: RegistryError): ConnectError {
  noteFailure(call, error);
  return toConnectError(error);
}
