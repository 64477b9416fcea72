import { Code, ConnectError } from "@connectrpc/connect";
import type { Compression } from "@connectrpc/connect/protocol";
import { compressionGzip } from "@connectrpc/connect-node";

/** Below this, what is gzipped is unpacked up to the limit, and found to be broken or too large by that. */
const worthAskingBytes = 1024 * 1024;

/**
 * Whether much that is gzipped says that it unpacks to more than a limit. The last four bytes hold the size, modulo 4 GiB
 * (RFC 1952, 2.3.1). They may lie, so what passes here is still unpacked up to the limit alone.
 */
export function saysTooLarge(gzipped: Uint8Array, maxBytes: number): boolean {
  const { buffer, byteOffset, byteLength } = gzipped;
  if (byteLength < worthAskingBytes || gzipped[0] !== 0x1f || gzipped[1] !== 0x8b) return false;
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
