import type { ConnectError } from "@connectrpc/connect";
import type { BytesHolder } from "../registry/bytes-holder.ts";
import type { MemoryBudget } from "../registry/memory-budget.ts";
import { RegistryError } from "../registry/registry-error.ts";
import { type Call, noteFailure } from "./call.ts";
import { toConnectError } from "./error.ts";

/** The budget that the bytes of a body count towards, and the call that they belong to. */
export interface BodyCount {
  readonly memory: MemoryBudget;
  readonly holder: BytesHolder;
}

/** Counts the bytes of a body as they are read. Beyond the memory budget it fails with SERVER_OVERLOADED. */
export async function* countPieces<Piece extends Uint8Array>(
  body: AsyncIterable<Piece>,
  count: BodyCount | undefined,
): AsyncGenerator<Piece> {
  for await (const piece of body) {
    count?.memory.receive(count.holder, piece.byteLength);
    yield piece;
  }
}

/** Counts the decompressed bytes of a body whose compressed bytes were counted as they were read. */
export async function* countDecompressed(
  plain: AsyncIterable<Uint8Array>,
  count: BodyCount | undefined,
): AsyncGenerator<Uint8Array> {
  for await (const piece of plain) {
    count?.memory.take(count.holder, piece.byteLength);
    yield piece;
  }
}

/** A body for Connect to read. When it is refused, it fails with the error that Connect is to send. */
export async function* refusable(body: AsyncIterable<Uint8Array>, call: Call | undefined): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw asBodyFailure(call, error);
  }
}

/** Turns a refusal into the error that Connect is to send; other errors stay as they are. */
export function asBodyFailure(call: Call | undefined, error: unknown): unknown {
  return error instanceof RegistryError ? bodyFailure(call, error) : error;
}

/** The error that Connect is to send for a body. Records it on the call. */
export function bodyFailure(call: Call | undefined, error: RegistryError): ConnectError {
  noteFailure(call, error);
  return toConnectError(error);
}
