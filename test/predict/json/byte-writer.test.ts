import { BinaryReader } from "@bufbuild/protobuf/wire";
import { describe, expect, it } from "vitest";
import { ByteWriter, varintSize } from "../../../src/predict/json/byte-writer.ts";

const sizes = [0, 1, 0x7f, 0x80, 0x3fff, 0x4000, 0x1f_ffff, 0x20_0000, 0xfff_ffff, 0x1000_0000, 2 ** 31, 2 ** 32 - 1];

describe("a varint", () => {
  it.each(sizes)("of %d is read back, and takes as much as is said", (value) => {
    const writer = new ByteWriter(1);
    writer.varint(value);
    expect(writer.length).toBe(varintSize(value));
    expect(new BinaryReader(writer.finish()).uint32()).toBe(value);
  });

  it.each([2n ** 32n, 2n ** 35n - 1n, 2n ** 63n, 2n ** 64n - 1n])("of %d is read back", (value) => {
    const writer = new ByteWriter(1);
    writer.varint(Number(value & 0xffff_ffffn), Number(value >> 32n));
    expect(BigInt(new BinaryReader(writer.finish()).uint64())).toBe(value);
  });

  it("takes no more room than it needs, so that a buffer of the right size is not replaced", () => {
    const writer = new ByteWriter(64);
    const { buffer } = writer;
    writer.bytes(new Uint8Array(62));
    writer.varint(300);
    expect(writer.buffer).toBe(buffer);
  });
});

describe("the size of what has been written", () => {
  it.each([0, 1, 127, 128, 16_383, 16_384, 2_097_152])("of %d bytes goes before it", (size) => {
    const writer = new ByteWriter(1);
    writer.byte(0x0a);
    writer.byte(0);
    const content = new Uint8Array(size).map((_, i) => i);
    writer.bytes(content);
    writer.sizeBefore(2, size);
    writer.byte(0xff);
    const written = writer.finish();
    const reader = new BinaryReader(written);
    expect(reader.uint32()).toBe(0x0a);
    expect(Buffer.from(reader.bytes()).equals(content)).toBe(true);
    expect([...written.subarray(reader.pos)]).toEqual([0xff]);
  });
});
