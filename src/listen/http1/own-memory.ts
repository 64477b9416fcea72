/** Buffers smaller than this are kept as they are, in bytes. */
const largeBytes = 16 * 1024;

/**
 * A copy of a part of a read, where keeping the part itself would keep much memory alive: one byte of an incomplete
 * head or body would hold a read of 64 KiB.
 */
export function ownMemory(part: Buffer): Buffer {
  const { byteLength } = part.buffer;
  if (byteLength < largeBytes || part.byteLength > byteLength / 2) return part;
  const own = Buffer.allocUnsafeSlow(part.byteLength);
  own.set(part);
  return own;
}
