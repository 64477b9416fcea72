import { describe, expect, it } from "vitest";
import { Cancellation } from "../../src/base/cancellation.ts";
import type { ModelMetadata } from "../../src/registry/inference.ts";
import { MemoryBudget } from "../../src/registry/memory-budget.ts";
import type { RegisteredModel } from "../../src/registry/model.ts";
import { DescriptionCache } from "../../src/upstream/description-cache.ts";
import { registered } from "../support/registered.ts";

const MiB = 1024 ** 2;

/** A cache of servers that describe each model by a platform of so many characters, and how often each was asked. */
function createCache() {
  const memory = new MemoryBudget(2 * MiB);
  const asked: string[] = [];
  const chars = new Map<string, number>();
  const cache = new DescriptionCache(memory, async ({ name }, { holder }) => {
    asked.push(name);
    memory.take(holder!, chars.get(name)!);
    const metadata: ModelMetadata = { platform: "p".repeat(chars.get(name)!), versions: [], inputs: [], outputs: [] };
    return { metadata };
  });
  const model = (name: string, size: number): RegisteredModel => {
    chars.set(name, size);
    return registered({ name });
  };
  const of = async (one: RegisteredModel) => cache.of(one, { cancellation: new Cancellation<Error>() });
  return { memory, asked, model, of };
}

describe("descriptions of models", () => {
  it("are cached up to a total size; the largest are dropped and requested again", async () => {
    const { asked, model, of } = createCache();
    const small = model("small", 1000);
    await of(small);
    const large = Array.from({ length: 40 }, (_, i) => model(`large-${i}`, MiB));
    for (const one of large) await of(one);
    asked.length = 0;
    for (const one of large) await of(one);
    expect(asked.length).toBeGreaterThanOrEqual(25);
    asked.length = 0;
    await of(small);
    expect(asked).toEqual([]);
  });

  it("count for the memory of bodies while they are read", async () => {
    const { memory, model, of } = createCache();
    await expect(of(model("huge", 3 * MiB))).rejects.toMatchObject({ reason: "SERVER_OVERLOADED" });
    await of(model("large", MiB));
    expect(memory.heldBytes).toBe(0);
  });
});
