import { describe, expect, it } from "vitest";
import type { BytesHolder } from "../../src/registry/bytes-holder.ts";
import { MemoryBudget } from "../../src/registry/memory-budget.ts";

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

describe("calls that write records", () => {
  const writer = (): BytesHolder => ({ heldBytes: 0, writesRecord: true });

  it("share a sixteenth of it, beyond what nearly all records have", () => {
    const memory = new MemoryBudget(16_000_000, 100_000);
    const first = writer();
    memory.take(first, 900_000);
    expect(() => memory.take(writer(), 150_000)).toThrow(/that write to the registry of versions .* 1000000 bytes/);
    memory.take(writer(), 30_000);
    memory.take(known(), 7_000_000);
    memory.release(first);
    memory.take(writer(), 900_000);
  });

  it("of one caller hold half of that, where it is known who calls", () => {
    const memory = new MemoryBudget(16_000_000, 100_000);
    const writerOf = (caller: string | undefined): BytesHolder => ({ ...writer(), access: { caller } });
    const first = writerOf("ada");
    memory.take(first, 450_000);
    expect(() => memory.take(writerOf("ada"), 100_000)).toThrow(/ more than 500000 bytes/);
    const second = writerOf("bob");
    memory.take(second, 400_000);
    memory.release(first);
    memory.take(writerOf("ada"), 450_000);
    memory.release(second);
    memory.take(writerOf(undefined), 500_000);
  });

  it("get their answers, though the share has no room for them", () => {
    const memory = new MemoryBudget(16_000_000, 100_000);
    const [first, second] = [writer(), writer()];
    memory.take(first, 600_000);
    memory.take(second, 400_000);
    memory.takeAtLeast(second, 900_000);
    expect(() => memory.take(writer(), 40_000)).toThrow(overloaded);
    memory.release(first);
    memory.release(second);
    memory.take(writer(), 900_000);
    expect(() => memory.takeAtLeast(anonymous(), 1_100_000)).toThrow(overloaded);
  });

  it("have room for one record of any size", () => {
    const memory = new MemoryBudget(1_000_000, 400_000);
    memory.take(writer(), 400_000);
    expect(() => memory.take(writer(), 70_000)).toThrow(overloaded);
    expect(() => new MemoryBudget(1_000_000, 4_000_000).take(writer(), 1_000_001)).toThrow(overloaded);
  });

  it("hold what they have reserved, and what comes beyond it", () => {
    const memory = new MemoryBudget(1_000_000, 400_000);
    const call = writer();
    memory.receive(call, 1000);
    memory.reserve(call, 99_000);
    memory.receive(call, 60_000);
    expect([memory.heldBytes, call.receivedBytes]).toEqual([100_000, 61_000]);
    memory.receive(call, 40_000);
    expect([memory.heldBytes, call.receivedBytes]).toEqual([101_000, 101_000]);
    memory.release(call);
    expect(memory.heldBytes).toBe(0);
  });
});
