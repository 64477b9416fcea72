import fc from "fast-check";
import { expect, it } from "vitest";
import { setFromBase64 } from "../../src/base/set-from-base64.ts";

it("sets bytes from the base64 that they were written as, up to where it ends", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(3), (bytes, spare) => {
      const text = Buffer.from(bytes).toString("base64");
      const target = new Uint8Array(bytes.length + spare).fill(7);
      expect(setFromBase64.call(target, text)).toEqual({ read: text.length, written: bytes.length });
      expect([...target]).toEqual([...bytes, ...Array(spare).fill(7)]);
    }),
  );
});

it.each(["A", "AAA", "!AAA", "AA A", "A=AA", "AA==AAAA", "=AAA", "-_AA", "AAAA\n", "AAAAAAAAAAAA"])(
  "refuses %j",
  (text) => {
    expect(() => setFromBase64.call(new Uint8Array(8), text)).toThrow(SyntaxError);
  },
);

it("is there where it is imported, and is not listed among the properties of arrays", () => {
  expect("setFromBase64" in Uint8Array.prototype).toBe(true);
  expect(Object.keys(Uint8Array.prototype)).not.toContain("setFromBase64");
});
