import { expect, it } from "vitest";
import { withoutStack } from "../../src/base/without-stack.ts";

it("makes errors without a stack, and leaves those that come later theirs", () => {
  expect(withoutStack(() => new Error("left")).stack).toBe("Error: left");
  const thrown = new Error("work fails");
  expect(() =>
    withoutStack(() => {
      throw thrown;
    }),
  ).toThrow(thrown);
  expect(new Error("later").stack).toContain("without-stack.test.ts");
});
