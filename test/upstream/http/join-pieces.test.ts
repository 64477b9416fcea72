import { expect, it } from "vitest";
import { slicesOf } from "../../../src/base/in-slices.ts";
import { joinPieces } from "../../../src/upstream/http/join-pieces.ts";
import { countSlices } from "../../support/count-slices.ts";

it.each([
  [0, 16_384, 1],
  [1, 16_384, 1],
  [40, 16_384, 1],
  [1000, 16_384, 16],
  [3, 3_000_000, 3],
])("%i pieces of %i bytes are joined in %i slices", (count, bytes, slices) => {
  const pieces = Array.from({ length: count }, (_, i) => Buffer.alloc(bytes, i));
  const joined = countSlices(slicesOf(joinPieces(pieces, count * bytes)));
  expect((joined.found as Buffer).equals(Buffer.concat(pieces))).toBe(true);
  expect(joined.slices).toBe(slices);
});
