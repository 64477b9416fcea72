import { describe, expect, it } from "vitest";
import { createRegistry, key, located, source, words } from "./support/sources.ts";

const own = source("model-registration");
const spokeA = source("model-registration", "spoke-a");
const spokeB = source("model-registration", "spoke-b");
const x = (description = "") => ({ entries: [located("x", { description })], refused: [] });
const nothing = { entries: [], refused: [] };

describe("models of several clusters", () => {
  it("have their bare names while no two clusters have the same", () => {
    const { registry } = createRegistry();
    registry.apply(own, { entries: [located("a")], refused: [] });
    registry.apply(spokeA, { entries: [located("b")], refused: [] });
    expect(registry.snapshot.names).toEqual(["a", "b"]);
    expect([registry.get("a")!.cluster, registry.get("b")!.cluster]).toEqual(["", "spoke-a"]);
  });

  it("leave the bare name to the own cluster, whichever came first", () => {
    const { registry, changes } = createRegistry();
    registry.apply(spokeA, x("far"));
    registry.apply(own, x("near"));
    expect(registry.snapshot.names).toEqual(["spoke-a/x", "x"]);
    expect(registry.get("x")).toMatchObject({ name: "x", cluster: "", description: "near" });
    expect(registry.get("spoke-a/x")).toMatchObject({ name: "spoke-a/x", cluster: "spoke-a", description: "far" });
    expect(words(changes.at(-1)!).sort()).toEqual(["added spoke-a/x", "changed x"]);
  });

  it("leave the bare name without a holder if only other clusters have it", () => {
    const { registry } = createRegistry();
    registry.apply(spokeA, x());
    registry.apply(spokeB, x());
    expect(registry.snapshot.names).toEqual(["spoke-a/x", "spoke-b/x"]);
    expect(registry.get("x")).toBeUndefined();
  });

  it("are found by cluster and name, whatever comes and goes elsewhere", () => {
    const { registry } = createRegistry();
    registry.apply(spokeB, x("b"));
    const found = () => registry.get("spoke-b/x")?.description;
    expect(found()).toBe("b");
    registry.apply(spokeA, x("a"));
    expect(found()).toBe("b");
    registry.apply(own, x("own"));
    expect(found()).toBe("b");
    registry.apply(spokeA, nothing);
    registry.apply(own, nothing);
    expect([found(), registry.snapshot.names]).toEqual(["b", ["x"]]);
    registry.apply(spokeB, nothing);
    expect(registry.get("spoke-b/x")).toBeUndefined();
  });

  it("are named alike by replicas that saw them come in another order", () => {
    const all = [own, spokeA, spokeB];
    const names = (order: readonly number[]) => {
      const { registry } = createRegistry();
      for (const i of order) registry.apply(all[i]!, x());
      registry.apply(own, nothing);
      return registry.snapshot.names;
    };
    expect(names([0, 1, 2])).toEqual(["spoke-a/x", "spoke-b/x"]);
    expect(names([2, 1, 0])).toEqual(names([0, 1, 2]));
  });

  it("may each have a name in several namespaces, and every one is found by cluster, namespace and name", () => {
    const places = ["", "spoke-a", "spoke-b"].flatMap((cluster) => ["a", "b", "c"].map((ns) => [cluster, ns] as const));
    for (let gone = -1; gone < places.length; gone++) {
      const { registry } = createRegistry({ defaultNamespace: "b" });
      for (const one of [spokeB, own, spokeA]) {
        const entries = places
          .filter(([cluster], i) => cluster === one.cluster && i !== gone)
          .map(([cluster, namespace]) =>
            located("x", { namespace, description: `${cluster} ${namespace}` }, namespace),
          );
        registry.apply(one, { entries, refused: [] });
      }
      for (const [i, [cluster, namespace]] of places.entries()) {
        const name = cluster === "" ? "x" : `${cluster}/x`;
        const expected = i === gone ? undefined : `${cluster} ${namespace}`;
        expect(registry.find({ name, namespace })?.description).toBe(expected);
        if (cluster !== "") expect(registry.find({ name: "x", namespace, cluster })?.description).toBe(expected);
      }
      const holder = (cluster: string) => registry.get(cluster === "" ? "x" : `${cluster}/x`)?.namespace;
      for (const [n, cluster] of ["", "spoke-a", "spoke-b"].entries()) {
        expect(holder(cluster)).toBe(gone === 3 * n + 1 ? "a" : "b");
      }
    }
  });

  it("shadow only entries of their own cluster", () => {
    const { registry } = createRegistry();
    registry.apply(own, x());
    registry.apply(source("discovery", "spoke-a"), x());
    registry.apply(spokeA, x());
    expect(registry.get("x")!.shadowed).toEqual([]);
    expect(registry.get("spoke-a/x")!.shadowed).toMatchObject([{ source: "discovery", cluster: "spoke-a" }]);
  });

  it("do not inherit the readiness of a model of another cluster at the same address", () => {
    const { registry } = createRegistry();
    registry.apply(own, x());
    registry.apply(spokeA, x());
    const mine = registry.get("x")!;
    registry.setReadiness(mine, { state: "ready", reason: "", checkTime: new Date() });
    registry.apply(own, nothing);
    expect(registry.get("x")!.cluster).toBe("spoke-a");
    expect(registry.readiness(key("x")).state).toBe("unknown");
    registry.setReadiness(mine, { state: "ready", reason: "", checkTime: new Date() });
    expect(registry.readiness(key("x")).state).toBe("unknown");
  });
});
