import { describe, expect, it } from "vitest";
import { type WatchedEvent, type WatchOptions, watchModels } from "../../src/api/watch/watch-events.ts";
import { parseModelEntry } from "../../src/registry/model-entry.ts";
import { type ModelFilter, Registry } from "../../src/registry/registry.ts";
import { applyEntries } from "../support/apply-entries.ts";
import { countTurns, slowDown } from "../support/count-turns.ts";

function createRegistry(names: readonly string[] = []): Registry {
  let now = 0;
  const registry = new Registry({ urlFormat: "http://{service}", defaultPort: undefined }, () => new Date(now++));
  apply(registry, names);
  return registry;
}

function apply(registry: Registry, names: readonly string[], fields: object = {}): void {
  applyEntries(
    registry,
    "environment",
    names.map((name) => ({
      entry: parseModelEntry({ name, service: name, type: "anomaly", ...fields }, "ns").entry!,
      location: name,
    })),
  );
}

/** Reads a watch one event at a time. */
function watch(registry: Registry, token = "", filter: ModelFilter = {}, options: Partial<WatchOptions> = {}) {
  const stop = new AbortController();
  const events = watchModels({ registry, filter, resumeToken: token, signal: stop.signal, ...options });
  return {
    stop: () => stop.abort(),
    next: async (): Promise<WatchedEvent | undefined> => (await events.next()).value,
    take: async (count: number): Promise<WatchedEvent[]> => {
      const taken: WatchedEvent[] = [];
      while (taken.length < count) taken.push((await events.next()).value as WatchedEvent);
      return taken;
    },
  };
}

const shown = ({ kind, model, changedFields }: WatchedEvent) =>
  [kind, model?.name, changedFields].filter((part) => part !== undefined);

describe("watchModels", () => {
  it("gives the current models, a marker, and then every change", async () => {
    const registry = createRegistry(["a", "b"]);
    const { take, next, stop } = watch(registry);
    expect((await take(3)).map(shown)).toEqual([["added", "a"], ["added", "b"], ["synced"]]);
    apply(registry, ["b", "c"], { description: "new" });
    expect((await take(3)).map(shown)).toEqual([
      ["changed", "b", ["description", "update_time"]],
      ["added", "c"],
      ["removed", "a"],
    ]);
    registry.setReadiness(registry.get("b")!, { state: "ready", reason: "", checkTime: new Date() });
    expect(shown((await next())!)).toEqual(["changed", "b", ["state", "state_reason"]]);
    stop();
    expect(await next()).toBeUndefined();
  });

  it("shows a removed model as it was last", async () => {
    const registry = createRegistry(["a"]);
    registry.setReadiness(registry.get("a")!, { state: "ready", reason: "", checkTime: new Date() });
    const { take } = watch(registry);
    await take(2);
    apply(registry, []);
    expect((await take(1))[0]).toMatchObject({ kind: "removed", readiness: { state: "ready" } });
  });

  it("resumes with the marker at once where nothing has changed since", async () => {
    const registry = createRegistry(["a"]);
    const [, synced] = await watch(registry).take(2);
    expect((await watch(registry, synced!.resumeToken).take(1)).map(shown)).toEqual([["synced"]]);
  });

  it("resumes with what has changed since, and no more", async () => {
    const registry = createRegistry(["a", "b"]);
    const [, , synced] = await watch(registry).take(3);
    apply(registry, ["b", "c"]);
    apply(registry, ["b", "c"], { description: "new" });
    registry.setReadiness(registry.get("b")!, { state: "ready", reason: "", checkTime: new Date() });
    const resumed = watch(registry, synced!.resumeToken);
    expect((await resumed.take(6)).map(shown)).toEqual([
      ["added", "c"],
      ["removed", "a"],
      ["changed", "b", ["description", "update_time"]],
      ["changed", "c", ["description", "update_time"]],
      ["changed", "b", ["state", "state_reason"]],
      ["synced"],
    ]);
    apply(registry, []);
    expect((await resumed.take(2)).map(shown)).toEqual([
      ["removed", "b"],
      ["removed", "c"],
    ]);
  });

  it("resumes with what concerns its filter", async () => {
    const registry = createRegistry(["a"]);
    const filter = { namespace: "elsewhere" };
    const [synced] = await watch(registry, "", filter).take(1);
    apply(registry, ["a", "b"]);
    apply(registry, ["a", "c"], { namespace: "elsewhere" });
    expect((await watch(registry, synced!.resumeToken, filter).take(3)).map(shown)).toEqual([
      ["added", "a"],
      ["added", "c"],
      ["synced"],
    ]);
  });

  it("resumes with a reset and all models where too much has changed since", async () => {
    const registry = createRegistry(["a"]);
    const [, synced] = await watch(registry).take(2);
    for (let i = 0; i < 5000; i++) apply(registry, ["a"], { description: String(i) });
    expect((await watch(registry, synced!.resumeToken).take(3)).map(shown)).toEqual([
      ["reset"],
      ["added", "a"],
      ["synced"],
    ]);
  });

  it("loses nothing when the connection breaks between changes that came at once", async () => {
    const registry = createRegistry(["a"]);
    const first = watch(registry);
    await first.take(2);
    apply(registry, ["b", "c"]);
    const events = await first.take(3);
    for (const [i, { resumeToken }] of events.entries()) {
      const resumed = await watch(registry, resumeToken).take(i === events.length - 1 ? 1 : 4);
      const all = [["added", "b"], ["added", "c"], ["removed", "a"], ["synced"]];
      // Only the token of the last stands for all of them.
      expect(resumed.map(shown)).toEqual(i === events.length - 1 ? [["synced"]] : all);
    }
  });

  it("begins with a reset for readers that come back without saying so", async () => {
    const registry = createRegistry(["a"]);
    expect((await watch(registry, "", {}, { alwaysReset: true }).take(2)).map(shown)).toEqual([
      ["reset"],
      ["added", "a"],
    ]);
  });

  it("says that the state changes with the address", async () => {
    const registry = createRegistry(["a"]);
    registry.setReadiness(registry.get("a")!, { state: "ready", reason: "", checkTime: new Date() });
    const { take } = watch(registry);
    await take(2);
    apply(registry, ["a"], { url: "http://elsewhere" });
    const [event] = await take(1);
    expect(event!.changedFields).toEqual(["url", "update_time", "state", "state_reason"]);
  });

  it("says nothing of a model when only what it shadows has changed", async () => {
    const registry = createRegistry(["a"]);
    const { take, next } = watch(registry);
    await take(2);
    const { entry } = parseModelEntry({ name: "a", service: "a", type: "anomaly" }, "ns");
    applyEntries(registry, "discovery", [{ entry: entry!, location: "D" }]);
    apply(registry, ["a", "b"]);
    expect(shown((await next())!)).toEqual(["added", "b"]);
  });

  it("takes no token of another registry for its own", async () => {
    const [, synced] = await watch(createRegistry(["a"])).take(2);
    expect(shown((await watch(createRegistry(["x"]), synced!.resumeToken).next())!)).toEqual(["reset"]);
  });

  it("turns a model that enters or leaves a filter into one that comes or goes", async () => {
    const registry = createRegistry(["a"]);
    const { take } = watch(registry, "", { namespace: "ns" });
    await take(2);
    apply(registry, ["a"], { namespace: "elsewhere" });
    apply(registry, ["a"]);
    expect((await take(2)).map(shown)).toEqual([
      ["removed", "a"],
      ["added", "a"],
    ]);
  });

  it("gives a reader that is too slow all models afresh, instead of an endless backlog", async () => {
    const registry = createRegistry(["a"]);
    const { take } = watch(registry);
    await take(2);
    for (let i = 0; i < 3000; i++) apply(registry, ["a"], { description: String(i) });
    const events = await take(3);
    expect(events.map(shown)).toEqual([["reset"], ["added", "a"], ["synced"]]);
    expect(events[1]!.model!.description).toBe("2999");
  });

  it("refuses a token that was given for other filters, and takes one of an older server as of another process", async () => {
    const registry = createRegistry(["a"]);
    const [, synced] = await watch(registry, "", { type: "anomaly" }).take(2);
    const otherwise = watch(registry, synced!.resumeToken, { type: "predictive" });
    await expect(otherwise.next()).rejects.toThrow("resume_token: was given for other filters");
    await expect(watch(registry, synced!.resumeToken).next()).rejects.toThrow("resume_token");
    expect(shown((await watch(registry, "0123abcd-7", { type: "anomaly" }).next())!)).toEqual(["reset"]);
  });

  it("lets others go first once a turn has been long", async () => {
    const registry = createRegistry([..."abcdefgh"]);
    slowDown();
    expect(await countTurns(() => watch(registry).take(9))).toBeGreaterThanOrEqual(2);
  });

  it("refuses a token that is none", async () => {
    await expect(watch(createRegistry(), "abc").next()).rejects.toThrow("resume_token: was not given by a server");
  });
});
