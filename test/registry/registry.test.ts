import { describe, expect, it } from "vitest";
import { applyEntries } from "../support/apply-entries.ts";
import { until } from "../support/until.ts";
import { createRegistry, key, located, source, words } from "./support/sources.ts";

describe("Registry", () => {
  it("lists names in order, whatever order they came in", () => {
    const { registry } = createRegistry();
    applyEntries(
      registry,
      "environment",
      ["c", "a", "b"].map((name) => located(name)),
    );
    expect(registry.snapshot.names).toEqual(["a", "b", "c"]);
  });

  it.each([
    ["the service and the namespace", {}, {}, "http://a-predictor.ns.svc.cluster.local", "url-format"],
    ["the port of the entry", { port: 8080 }, {}, "http://a-predictor.ns.svc.cluster.local:8080", "url-format"],
    ["the default port", {}, { defaultPort: 9000 }, "http://a-predictor.ns.svc.cluster.local:9000", "url-format"],
    [
      "the entry's port before the default",
      { port: 1 },
      { defaultPort: 9000 },
      "http://a-predictor.ns.svc.cluster.local:1",
      "url-format",
    ],
    [
      "a format without placeholders and with a prefix",
      {},
      { urlFormat: "https://gateway.example/kserve/" },
      "https://gateway.example/kserve",
      "url-format",
    ],
    [
      "the entry's own url",
      { url: "http://127.0.0.1:9/x" },
      { defaultPort: 9000 },
      "http://127.0.0.1:9/x",
      "entry-url",
    ],
  ])("makes the address from %s", (_name, fields, options, url, rule) => {
    const { registry } = createRegistry(options);
    applyEntries(registry, "environment", [located("a", fields)]);
    expect(registry.get("a")!.address).toEqual({ url, rule });
  });

  it("lets the source with the higher precedence win, and keeps the others visible", () => {
    const { registry } = createRegistry();
    applyEntries(registry, "legacy-environment", [located("a", { service: "legacy" }, "L")]);
    applyEntries(registry, "config-map", [located("a", { service: "map" }, "M")]);
    applyEntries(registry, "environment", [located("a", { service: "env" }, "E")]);
    const model = registry.get("a")!;
    expect([model.service, model.source, model.location]).toEqual(["map", "config-map", "M"]);
    expect(model.shadowed.map(({ source, location }) => [source, location])).toEqual([
      ["environment", "E"],
      ["legacy-environment", "L"],
    ]);
    applyEntries(registry, "config-map", []);
    expect(registry.get("a")!.service).toBe("env");
  });

  it("never changes a snapshot that a reader holds", () => {
    const { registry } = createRegistry();
    applyEntries(registry, "environment", [located("a")]);
    const before = registry.snapshot;
    applyEntries(registry, "environment", [located("b")]);
    expect(before.names).toEqual(["a"]);
    expect(before.models.get(key("a"))!.name).toBe("a");
    expect(registry.snapshot.version).toBe(before.version + 1);
  });

  it("passes subscribers all that changed at once, and nothing when nothing did", () => {
    const { registry, changes } = createRegistry();
    applyEntries(registry, "environment", [located("a"), located("b")]);
    applyEntries(registry, "environment", [located("a"), located("b")]);
    applyEntries(registry, "environment", [located("a", { description: "new" }), located("c")]);
    expect(changes.map(words)).toEqual([
      ["added a", "added b"],
      ["changed a", "added c", "removed b"],
    ]);
  });

  it("keeps the update time of an entry that stayed the same", () => {
    const { registry } = createRegistry();
    applyEntries(registry, "environment", [located("a"), located("b")]);
    const times = () => ["a", "b"].map((name) => registry.get(name)!.updateTime.getTime());
    const [a, b] = times();
    applyEntries(registry, "environment", [located("a"), located("b", { description: "new" })]);
    expect(times()[0]).toBe(a);
    expect(times()[1]).toBeGreaterThan(b!);
  });

  it("merges several sources of one kind, in the order of their names", () => {
    const { registry } = createRegistry();
    const [one, two] = [source("config-map", "", "one"), source("config-map", "", "two")];
    registry.apply(two, { entries: [located("a", {}, "2"), located("b", {}, "2")], refused: [] });
    registry.apply(one, { entries: [located("a", {}, "1")], refused: [] });
    expect(registry.get("a")).toMatchObject({ location: "1", shadowed: [{ location: "2" }] });
    registry.apply(one, { entries: [], refused: [] });
    expect(registry.get("a")).toMatchObject({ location: "2", shadowed: [] });
    expect(registry.snapshot.names).toEqual(["a", "b"]);
  });

  it("leaves models alone that a change does not touch", () => {
    const { registry } = createRegistry();
    applyEntries(registry, "environment", [located("a"), located("b")]);
    const a = registry.get("a");
    applyEntries(registry, "environment", [located("a"), located("b", { description: "new" }), located("c")]);
    expect(registry.get("a")).toBe(a);
  });

  it("reports a model that changes what it shadows", () => {
    const { registry, changes } = createRegistry();
    applyEntries(registry, "environment", [located("a")]);
    applyEntries(registry, "discovery", [located("a")]);
    expect(words(changes.at(-1)!)).toEqual(["changed a"]);
  });

  it("takes what sources hand over within the gap together, and their first snapshots at once", async () => {
    const { registry, changes } = createRegistry({ swapGapMs: 50 });
    applyEntries(registry, "environment", [located("a")]);
    applyEntries(registry, "file", [located("b")]);
    expect(registry.snapshot.names).toEqual(["a", "b"]);
    changes.length = 0;
    for (const name of ["c", "d", "e"]) applyEntries(registry, "file", [located(name)]);
    applyEntries(registry, "environment", []);
    expect(registry.snapshot.names).toEqual(["a", "b"]);
    await until(() => changes.length > 0);
    expect(registry.snapshot.names).toEqual(["e"]);
    expect(changes.map(words)).toEqual([["added e", "removed b", "removed a"]]);
  });

  it("knows what changed since a version, as far back as it keeps changes", () => {
    const { registry } = createRegistry({ keptChanges: 3 });
    applyEntries(registry, "environment", [located("a")]);
    applyEntries(registry, "environment", [located("b")]);
    applyEntries(registry, "environment", [located("b"), located("c")]);
    const since = (version: number) =>
      registry.changesSince(version)?.map((step) => [step.version, words(step.changes)] as const);
    expect(since(3)).toEqual([]);
    expect(since(2)).toEqual([[3, ["added c"]]]);
    expect(since(1)).toEqual([
      [2, ["added b", "removed a"]],
      [3, ["added c"]],
    ]);
    expect(since(0)).toBeUndefined();
    expect(since(4)).toBeUndefined();
  });

  it("calls no subscriber that has left", () => {
    const { registry } = createRegistry();
    let calls = 0;
    const leave = registry.subscribe(() => calls++);
    applyEntries(registry, "environment", [located("a")]);
    leave();
    applyEntries(registry, "environment", []);
    expect(calls).toBe(1);
  });

  it("forgets the readiness of a model that goes to another address", () => {
    const { registry, changes } = createRegistry();
    applyEntries(registry, "environment", [located("a")]);
    const model = registry.get("a")!;
    registry.setReadiness(model, { state: "ready", reason: "", checkTime: new Date() });
    expect(registry.readiness(key("a")).state).toBe("ready");
    expect(changes.at(-1)).toMatchObject([{ kind: "readiness", model: { name: "a" } }]);
    applyEntries(registry, "environment", [located("a", { service: "other" })]);
    expect(registry.readiness(key("a")).state).toBe("unknown");
    // An answer from the old address comes too late.
    registry.setReadiness(model, { state: "ready", reason: "", checkTime: new Date() });
    expect(registry.readiness(key("a")).state).toBe("unknown");
  });
});
