import { describe, expect, it } from "vitest";
import { BodyBuffer } from "../../src/api/body-buffer.ts";

const KiB = 1024;

function collected(sizes: readonly number[]): { given: Buffer; buffer: BodyBuffer } {
  const buffer = new BodyBuffer();
  const pieces = sizes.map((size, i) => Buffer.alloc(size, i + 1));
  for (const piece of pieces) buffer.append(piece);
  return { given: Buffer.concat(pieces), buffer };
}

describe("a body buffer", () => {
  it.each([
    ["nothing", []],
    ["one piece", [10]],
    ["one large piece", [100 * KiB]],
    ["pieces of one byte", Array<number>(20_000).fill(1)],
    ["small pieces after a large one", [64 * KiB, 1, 2, 3]],
    ["small and large pieces in turn", [1, 32 * KiB, 1, 32 * KiB, 5000, 5000, 5000, 5000]],
    ["empty pieces", [0, 1, 0, 0, 2]],
  ])("gives back %s", (_title, sizes) => {
    const { given, buffer } = collected(sizes);
    expect(buffer.byteLength).toBe(given.length);
    expect(buffer.take().equals(given)).toBe(true);
    expect(buffer.byteLength).toBe(0);
    expect(buffer.take()).toHaveLength(0);
  });

  it("keeps nothing of the memory that small pieces came in", () => {
    const read = Buffer.alloc(64 * KiB, 7);
    const buffer = new BodyBuffer();
    for (let i = 0; i < 100; i++) buffer.append(read.subarray(i, i + 1));
    read.fill(0);
    // The first is kept as it is: most bodies have no second.
    expect(buffer.take().subarray(1)).toEqual(Buffer.alloc(99, 7));
  });

  it("frees its pieces as it joins them, so that a body is not in memory twice", () => {
    const pieces = [Buffer.alloc(64 * KiB, 1), Buffer.alloc(64 * KiB, 2)];
    const buffer = new BodyBuffer();
    for (const piece of pieces) buffer.append(piece);
    expect(buffer.take()).toHaveLength(128 * KiB);
    expect(pieces.map(({ byteLength }) => byteLength)).toEqual([0, 0]);
  });
});
