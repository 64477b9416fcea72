/** What is smaller is kept as it is, in bytes. */
const largeBytes = 16 * 1024;

/**
 * A part of what has been read, in memory of its own where it would keep much that is no longer needed: a byte that is waited
 * with, as a head or a body that is not complete is, would hold a read of 64 KiB.
 */
export function ownMemory(part: Buffer): Buffer {
  const { byteLength } = part.buffer;
  if (byteLength < largeBytes || part.byteLength > byteLength / 2) return part;
  const own = Buffer.allocUnsafeSlow(part.byteLength);
  own.set(part);
  return own;
}
