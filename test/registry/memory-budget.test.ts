import { expect, it } from "vitest";
import { type BytesHolder, MemoryBudget } from "../../src/registry/memory-budget.ts";

const overloaded = expect.objectContaining({ reason: "SERVER_OVERLOADED" });
const anonymous = (): BytesHolder => ({ heldBytes: 0, isAnonymous: true });
const known = (): BytesHolder => ({ heldBytes: 0 });

it("counts what calls hold, and refuses what does not fit", () => {
  const memory = new MemoryBudget(1000);
  const [first, second] = [known(), known()];
  memory.take(first, 600);
  expect(() => memory.take(second, 401)).toThrow(overloaded);
  memory.takeAtLeast(first, 500);
  expect(memory.heldBytes).toBe(600);
  memory.release(first);
  expect(memory.heldBytes).toBe(0);
});

it("leaves callers that are not known a sixteenth of it, beyond what a probe sends", () => {
  const memory = new MemoryBudget(160_000);
  const [first, second] = [anonymous(), anonymous()];
  memory.take(first, 9900);
  expect(() => memory.take(second, 300)).toThrow(overloaded);
  memory.take(anonymous(), 200);
  memory.take(known(), 100_000);
  memory.release(first);
  memory.take(anonymous(), 9000);
});
