import { describe, expect, it } from "vitest";
import { parseModelEntry } from "../../src/registry/model-entry.ts";
import type { LocatedEntry } from "../../src/registry/ports.ts";
import { type Change, Registry } from "../../src/registry/registry.ts";

const urlFormat = "http://{service}.{namespace}.svc.cluster.local";

function located(name: string, fields: object = {}, location = `TEST (${name})`): LocatedEntry {
  const { entry, problems } = parseModelEntry({ name, service: `${name}-predictor`, type: "anomaly", ...fields }, "ns");
  if (entry === undefined) throw new Error(JSON.stringify(problems));
  return { entry, location };
}

function createRegistry(options: Partial<ConstructorParameters<typeof Registry>[0]> = {}) {
  let now = 0;
  const registry = new Registry({ urlFormat, defaultPort: undefined, ...options }, () => new Date(now++));
  const changes: Change[][] = [];
  registry.subscribe((all) => changes.push([...all]));
  return { registry, changes };
}

describe("Registry", () => {
  it("lists names in order, whatever order they came in", () => {
    const { registry } = createRegistry();
    registry.apply(
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
    registry.apply("environment", [located("a", fields)]);
    expect(registry.get("a")!.address).toEqual({ url, rule });
  });

  it("lets the source with the higher precedence win, and keeps the others visible", () => {
    const { registry } = createRegistry();
    registry.apply("legacy-environment", [located("a", { service: "legacy" }, "L")]);
    registry.apply("config-map", [located("a", { service: "map" }, "M")]);
    registry.apply("environment", [located("a", { service: "env" }, "E")]);
    const model = registry.get("a")!;
    expect([model.service, model.source, model.location]).toEqual(["map", "config-map", "M"]);
    expect(model.shadowed.map(({ source, location }) => [source, location])).toEqual([
      ["environment", "E"],
      ["legacy-environment", "L"],
    ]);
    registry.apply("config-map", []);
    expect(registry.get("a")!.service).toBe("env");
  });

  it("never changes a snapshot that a reader holds", () => {
    const { registry } = createRegistry();
    registry.apply("environment", [located("a")]);
    const before = registry.snapshot;
    registry.apply("environment", [located("b")]);
    expect(before.names).toEqual(["a"]);
    expect(before.models.get("a")!.name).toBe("a");
    expect(registry.snapshot.version).toBe(before.version + 1);
  });

  it("tells subscribers all that changed at once, and nothing when nothing did", () => {
    const { registry, changes } = createRegistry();
    registry.apply("environment", [located("a"), located("b")]);
    registry.apply("environment", [located("a"), located("b")]);
    registry.apply("environment", [located("a", { description: "new" }), located("c")]);
    expect(changes.map((all) => all.map(({ kind, model }) => `${kind} ${model.name}`))).toEqual([
      ["added a", "added b"],
      ["changed a", "added c", "removed b"],
    ]);
  });

  it("keeps the update time of an entry that stayed the same", () => {
    const { registry } = createRegistry();
    registry.apply("environment", [located("a"), located("b")]);
    const times = () => ["a", "b"].map((name) => registry.get(name)!.updateTime.getTime());
    const [a, b] = times();
    registry.apply("environment", [located("a"), located("b", { description: "new" })]);
    expect(times()[0]).toBe(a);
    expect(times()[1]).toBeGreaterThan(b!);
  });

  it("stops telling a subscriber that has left", () => {
    const { registry } = createRegistry();
    let told = 0;
    const leave = registry.subscribe(() => told++);
    registry.apply("environment", [located("a")]);
    leave();
    registry.apply("environment", []);
    expect(told).toBe(1);
  });

  it("forgets the readiness of a model that goes to another address", () => {
    const { registry, changes } = createRegistry();
    registry.apply("environment", [located("a")]);
    const model = registry.get("a")!;
    registry.setReadiness(model, { state: "ready", reason: "", checkTime: new Date() });
    expect(registry.readiness("a").state).toBe("ready");
    expect(changes.at(-1)).toMatchObject([{ kind: "readiness", model: { name: "a" } }]);
    registry.apply("environment", [located("a", { service: "other" })]);
    expect(registry.readiness("a").state).toBe("unknown");
    // An answer from the old address comes too late.
    registry.setReadiness(model, { state: "ready", reason: "", checkTime: new Date() });
    expect(registry.readiness("a").state).toBe("unknown");
  });
});
