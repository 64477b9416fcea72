import { type BrotliCompress, constants, createBrotliCompress } from "node:zlib";

const blockBytes = 16 * 1024 ** 2;
const lastBlock = Buffer.from([3]);

/** A Brotli stream of so many bytes of white space, six hundred thousand times as short: one block, again and again. */
export async function brotliBomb(bytes: number): Promise<Buffer> {
  const compressor = createBrotliCompress();
  const first = await compressBlock(compressor);
  // From the second on, whose window is full of white space, one block is like the next.
  const next = await compressBlock(compressor);
  compressor.destroy();
  return Buffer.concat([first, ...Array<Buffer>(Math.ceil(bytes / blockBytes) - 1).fill(next), lastBlock]);
}

function compressBlock(compressor: BrotliCompress): Promise<Buffer> {
  return new Promise((resolve) => {
    compressor.write(Buffer.alloc(blockBytes, 0x20));
    compressor.flush(constants.BROTLI_OPERATION_FLUSH, () => resolve(compressor.read() as Buffer));
  });
}
