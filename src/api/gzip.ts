import { Code, ConnectError } from "@connectrpc/connect";
import type { Compression } from "@connectrpc/connect/protocol";
import { compressionGzip } from "@connectrpc/connect-node";

/**
 * Whether gzipped bytes say that they unpack to more than a limit. The last four bytes hold the size, modulo 4 GiB (RFC
 * 1952, 2.3.1). They may say too little, never too much, so what passes here is still unpacked up to the limit alone.
 */
export function saysTooLarge(gzipped: Uint8Array, maxBytes: number): boolean {
  if (gzipped.byteLength < 4) return false;
  const { buffer, byteOffset, byteLength } = gzipped;
  return new DataView(buffer, byteOffset, byteLength).getUint32(byteLength - 4, true) > maxBytes;
}

/** Connect's gzip, which does not begin to unpack what is too large by its own account. */
export const gzip: Compression = {
  ...compressionGzip,
  async decompress(bytes, readMaxBytes) {
    if (saysTooLarge(bytes, readMaxBytes)) {
      throw new ConnectError(`message is larger than ${readMaxBytes} bytes`, Code.ResourceExhausted);
    }
    return compressionGzip.decompress(bytes, readMaxBytes);
  },
};
