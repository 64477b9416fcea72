/** Callers who wait for each other where one of them filters for long. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openVersionStore } from "../../src/versions/open-store.ts";
import type { VersionStore } from "../../src/versions/ports.ts";

/** A filter that takes a few hundred milliseconds on these records, which have nothing that fits. */
const slow = `readme LIKE '%${"a".repeat(80)}b%'`;

async function openStore(path: string): Promise<VersionStore> {
  const store = await openVersionStore({ kind: "sqlite", path });
  onTestFinished(() => store.close());
  for (let i = 0; i < 4; i++) {
    await store.create("registeredModel", { fields: { name: `m${i}`, readme: "a".repeat(300_000) } });
  }
  return store;
}

function openFile(): Promise<VersionStore> {
  const folder = mkdtempSync(join(tmpdir(), "kserve-model-registry-turns-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return openStore(join(folder, "versions.db"));
}

/** Lists by the slow filter so many times at once, and counts how many lists have ended. */
function listSlowly(store: VersionStore, times: number, signal?: AbortSignal, caller = "slow") {
  const state = { ended: 0 };
  const lists = Array.from({ length: times }, () =>
    store
      .list("registeredModel", { filter: slow, pageSize: 5 }, { caller, ...(signal === undefined ? {} : { signal }) })
      .catch(() => {})
      .finally(() => state.ended++),
  );
  return { state, all: Promise.all(lists) };
}

const other = { caller: "other" };
const quick = { filter: "name = 'm1'", pageSize: 5 };

describe("while one caller filters for long", () => {
  it("all that goes by no filter is done at once", async () => {
    const store = await openFile();
    const { state, all } = listSlowly(store, 2);
    const model = await store.create("registeredModel", { fields: { name: "new" } }, other);
    expect((await store.get("registeredModel", { id: model.id }, other)).name).toBe("new");
    expect((await store.list("registeredModel", { pageSize: 2 }, other)).records).toHaveLength(2);
    expect(state.ended).toBe(0);
    await all;
  });

  it.each([
    ["in a file", openFile],
    ["in memory", () => openStore(":memory:")],
  ])("filters of others have their turn before its own next, %s", async (_, open) => {
    const store = await open();
    const leaving = new AbortController();
    const { state, all } = listSlowly(store, 20, leaving.signal);
    expect((await store.list("registeredModel", quick, other)).records).toHaveLength(1);
    expect(await store.count("registeredModel", quick, other)).toBe(1);
    expect((await store.listJson("registeredModel", quick, { isAlpha: false }, other)).size).toBe(1);
    await Promise.all(Array.from({ length: 10 }, () => store.count("registeredModel", quick, other)));
    // The three waited for one each, and the ten at once for two at most: for that under way, and for one more of theirs.
    expect(state.ended).toBeLessThanOrEqual(6);
    leaving.abort();
    await all;
  });

  it("what is read by a filter is what has been written", async () => {
    const store = await openFile();
    for (let i = 0; i < 20; i++) {
      await store.create("registeredModel", { fields: { name: `written-${i}` } });
      expect(await store.count("registeredModel", { filter: "name LIKE 'written-%'" })).toBe(i + 1);
    }
  });

  it("calls that nobody waits for any more are not begun", async () => {
    const store = await openFile();
    const leaving = new AbortController();
    const { state, all } = listSlowly(store, 20, leaving.signal);
    await store.count("registeredModel", quick, other);
    leaving.abort();
    await all;
    expect(state.ended).toBe(20);
    // Two who filter for long take turns: were the 18 begun, all of the other's would end before this call.
    const leavingToo = new AbortController();
    const others = listSlowly(store, 6, leavingToo.signal, "slow too");
    await store.count("registeredModel", quick, { caller: "slow" });
    expect(others.state.ended).toBeLessThan(6);
    leavingToo.abort();
    await others.all;
  });

  it("it may have no more than so many calls waiting", async () => {
    const store = await openFile();
    const id = (await store.list("registeredModel", { pageSize: 1 })).records[0]!.id;
    const calls = Array.from({ length: 600 }, () => store.get("registeredModel", { id }, { caller: "slow" }));
    const outcomes = await Promise.allSettled([...calls, store.get("registeredModel", { id }, other)]);
    const refused = outcomes.filter(({ status }) => status === "rejected");
    expect(refused).toHaveLength(600 - 512);
    expect(refused[0]).toMatchObject({
      reason: { reason: "TOO_MANY_CALLS", message: expect.stringContaining("wait for their answers") },
    });
    expect(outcomes.at(-1)!.status).toBe("fulfilled");
    // Those that have ended count no more.
    await store.get("registeredModel", { id }, { caller: "slow" });
  });
});
