import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseVersionReference, versionReferenceText } from "../../src/registry/version-ref.ts";

describe("a version by names", () => {
  it.each([
    ["disk", { model: "disk" }],
    ["disk/2.1.0", { model: "disk", version: "2.1.0" }],
    ["disk@champion", { model: "disk", alias: "champion" }],
    ["org%2Fdisk/2%20b", { model: "org/disk", version: "2 b" }],
    ["a%40b", { model: "a@b" }],
  ])("%s is read as %j", (text, reference) => {
    expect(parseVersionReference(text)).toEqual(reference);
  });

  it.each(["", "/", "a/", "@a", "a@", "a/b/c", "a/b@c", "a?b", "a#b", "%", "a/%zz", "%00", "a".repeat(256)])(
    "%j is none",
    (text) => {
      expect(parseVersionReference(text)).toBeUndefined();
    },
  );

  it("is read as it was written, whatever the names", () => {
    const name = fc
      .string({ minLength: 1, maxLength: 255, unit: "grapheme" })
      .filter((s) => !s.includes("\0") && s.length <= 255);
    const reference = fc.oneof(
      fc.record({ model: name }),
      fc.record({ model: name, version: name }),
      fc.record({ model: name, alias: name }),
    );
    fc.assert(
      fc.property(reference, (given) => {
        expect(parseVersionReference(versionReferenceText(given))).toEqual(given);
      }),
    );
  });
});
