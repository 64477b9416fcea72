import { pipeline } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { RegistryError } from "../registry/registry-error.ts";
import { type SizeLimit, tooLarge } from "./body-limits.ts";

const decompressors = { gzip: createGunzip, deflate: createInflate, br: createBrotliDecompress } as const;

/** How requests may be compressed. */
export type ContentEncoding = keyof typeof decompressors;

/** Whether the value of a header names a compression that is known. */
export function isContentEncoding(encoding: string | null | undefined): encoding is ContentEncoding {
  return typeof encoding === "string" && Object.hasOwn(decompressors, encoding);
}

/**
 * Decompresses as bytes arrive, and stops at the limit: of a decompression bomb hardly more is read than decompresses
 * to the limit, and compressed and decompressed body are never both in memory.
 *
 * @param limit the most bytes that may go in, and the most that may come out
 * @throws RegistryError REQUEST_TOO_LARGE, INVALID_REQUEST for what is not compressed that way
 * @throws what `compressed` throws
 */
export async function* decompress(
  compressed: AsyncIterable<Uint8Array>,
  encoding: ContentEncoding,
  limit: SizeLimit,
): AsyncGenerator<Buffer> {
  const decompressor = decompressors[encoding]();
  // Whatever goes wrong destroys the stream, which then fails below.
  pipeline(limited(compressed, limit), decompressor, () => {});
  try {
    for await (const piece of limited<Buffer>(decompressor, limit)) yield piece;
  } catch (error) {
    if (!isOfDecompressor(error)) throw error;
    const message = `The request is not compressed as its headers say, with ${encoding}`;
    throw new RegistryError("INVALID_REQUEST", message, { cause: error });
  } finally {
    decompressor.destroy();
  }
}

/** Passes pieces on, and fails with REQUEST_TOO_LARGE beyond the limit. */
export async function* limited<T extends Uint8Array>(pieces: AsyncIterable<T>, limit: SizeLimit): AsyncGenerator<T> {
  let size = 0;
  for await (const piece of pieces) {
    size += piece.byteLength;
    if (size > limit.maxBytes) throw tooLarge(limit);
    yield piece;
  }
}

/**
 * Errors of zlib and Brotli have a code (`Z_DATA_ERROR`, `ERR_PADDING_2`), but so do errors of the system
 * (`ECONNRESET`).
 */
function isOfDecompressor(error: unknown): boolean {
  const { code, errno } = error as { readonly code?: unknown; readonly errno?: unknown };
  return typeof errno === "number" && typeof code === "string" && /^(Z_|ERR_)/.test(code);
}
