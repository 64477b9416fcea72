import { expect, it } from "vitest";
import { ownMemory } from "../../../src/listen/http1/own-memory.ts";

const read = Buffer.alloc(64 * 1024, "abcd");

it("a small part of a large read does not keep it", () => {
  const own = ownMemory(read.subarray(1, 5));
  expect(own.toString()).toBe("bcda");
  expect(own.buffer.byteLength).toBe(4);
});

it("most of a read is not copied, and neither is a part of a small one", () => {
  const most = read.subarray(100);
  expect(ownMemory(most)).toBe(most);
  const small = Buffer.alloc(1000).subarray(990);
  expect(ownMemory(small)).toBe(small);
});
