import { expect, it } from "vitest";
import { Cancellation, wantedUnless } from "../../src/base/cancellation.ts";
import { inSlices, outOfTurn } from "../../src/base/in-slices.ts";

it("stops once it is cancelled", async () => {
  const cancellation = new Cancellation<Error>();
  const left = new Error("the caller left");
  let slices = 0;
  const endless = (): never => {
    if (++slices === 3) cancellation.cancel(left);
    throw outOfTurn;
  };
  await expect(inSlices(endless, wantedUnless(cancellation))).rejects.toBe(left);
  expect(slices).toBe(3);
});

it("does short work for anybody", () => {
  const cancellation = new Cancellation<Error>();
  cancellation.cancel(new Error("the caller left"));
  expect(inSlices(() => 1, wantedUnless(cancellation))).toBe(1);
});
