import { describe, expect, it } from "vitest";
import { HeadReader } from "../../../src/listen/http1/head-reader.ts";

const maxBytes = 2000;
const headOf = (size: number): Buffer => Buffer.from(`${"GET / HTTP/1.1\r\nhost: a\r\nx: ".padEnd(size, "y")}\r\n\r\n`);

describe("the largest head", () => {
  it("is read wherever it is cut", () => {
    const bytes = headOf(maxBytes);
    for (let cut = 1; cut < bytes.length; cut++) {
      const reader = new HeadReader(maxBytes);
      expect(reader.read(bytes.subarray(0, cut), 0), `cut at ${cut}`).toBeUndefined();
      expect(reader.read(bytes, 0)?.end, `cut at ${cut}`).toBe(bytes.length);
    }
  });

  it("is the largest, wherever it is cut", () => {
    const bytes = headOf(maxBytes + 1);
    for (let cut = 1; cut <= bytes.length; cut++) {
      const reader = new HeadReader(maxBytes);
      expect(() => {
        reader.read(bytes.subarray(0, cut), 0);
        reader.read(bytes, 0);
      }, `cut at ${cut}`).toThrow(`larger than ${maxBytes} bytes`);
    }
  });
});
