import { expect, it } from "vitest";
import { withStructuralSharing } from "../../src/base/structural-sharing.ts";

it("takes the equal parts from the older object, and nothing else", () => {
  const before = { name: "a", triggers: [{ type: "t" }], features: ["x"], format: undefined as object | undefined };
  const now = { name: "b", triggers: [{ type: "t" }], features: ["y"], format: { field: "f" } };
  const shared = withStructuralSharing<typeof before>(now, before);
  expect(shared).toStrictEqual(now);
  expect(shared.triggers).toBe(before.triggers);
  expect(shared.features).toBe(now.features);
  expect(now.triggers).not.toBe(before.triggers);
});
