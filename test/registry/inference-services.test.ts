import { describe, expect, it } from "vitest";
import type { InferenceServiceFacts } from "../../src/registry/ports.ts";
import type { ModelState } from "../../src/registry/readiness.ts";
import { createRegistry, facts, key, located, source, words } from "./support/sources.ts";

const discovery = source("discovery");
const registrations = source("model-registration");

function withFacts(fields: object, services: readonly InferenceServiceFacts[], cluster = "") {
  const made = createRegistry();
  made.registry.apply(source("discovery", cluster), { entries: [], refused: [], inferenceServices: services });
  made.registry.apply(registrations, { entries: [located("a", fields)], refused: [] });
  return made;
}

describe("the InferenceService of a model", () => {
  it.each<[string, object, InferenceServiceFacts[], string, string]>([
    ["by its own name", { service: "iris" }, [facts("iris")], "http://iris.isvc", "inference-service"],
    [
      "by the Service of its predictor",
      { service: "iris-predictor" },
      [facts("iris")],
      "http://iris.isvc",
      "inference-service",
    ],
    [
      "by its whole name first",
      { service: "iris-predictor" },
      [facts("iris"), facts("iris-predictor")],
      "http://iris-predictor.isvc",
      "inference-service",
    ],
    [
      "with the port of the entry where it names none",
      { service: "iris", port: 8080 },
      [facts("iris", { url: "http://iris-predictor.ns.svc/prefix" })],
      "http://iris-predictor.ns.svc:8080/prefix",
      "inference-service",
    ],
    [
      "with its own port before that of the entry",
      { service: "iris", port: 8080 },
      [facts("iris", { url: "http://iris-predictor.ns.svc:80" })],
      "http://iris-predictor.ns.svc:80",
      "inference-service",
    ],
    ["not over the url of the entry", { url: "http://mine" }, [facts("a")], "http://mine", "entry-url"],
    [
      "not in another namespace",
      { service: "iris" },
      [facts("iris", { namespace: "other" })],
      "http://iris.ns.svc.cluster.local",
      "url-format",
    ],
    [
      "not while it has no address",
      { service: "iris" },
      [facts("iris", { url: undefined })],
      "http://iris.ns.svc.cluster.local",
      "url-format",
    ],
  ])("gives the address %s", (_title, fields, services, url, rule) => {
    expect(withFacts(fields, services).registry.get("a")!.address).toEqual({ url, rule });
  });

  it("gives none to a model of another cluster", () => {
    const { registry } = withFacts({ service: "iris" }, [facts("iris")], "spoke-a");
    expect(registry.get("a")!.address.rule).toBe("url-format");
  });

  it.each<[ModelState, ModelState, string]>([
    // Our own check, what the cluster says, what comes of it.
    ["unknown", "ready", "ready: "],
    ["unknown", "unknown", "unknown: check"],
    ["unknown", "not-ready", "not-ready: cluster"],
    ["ready", "ready", "ready: check"],
    ["ready", "unknown", "ready: check"],
    ["ready", "not-ready", "not-ready: cluster"],
    ["unreachable", "not-ready", "not-ready: cluster"],
    ["unreachable", "ready", "unreachable: check"],
    ["not-ready", "ready", "not-ready: check"],
  ])("with a check that says %s and a cluster that says %s", (checked, state, expected) => {
    const { registry } = withFacts({ service: "iris" }, [
      facts("iris", { state, reason: state === "ready" ? "" : "cluster" }),
    ]);
    registry.setReadiness(registry.get("a")!, { state: checked, reason: "check", checkTime: new Date(7) });
    const readiness = registry.readiness(key("a"));
    expect(`${readiness.state}: ${readiness.reason}`).toBe(expected);
    expect(readiness.checkTime).toEqual(new Date(7));
  });

  it("is followed as it changes, comes and goes", () => {
    const { registry, changes } = createRegistry();
    registry.apply(registrations, { entries: [located("a", { service: "iris" }), located("b")], refused: [] });
    const seen: unknown[] = [];
    for (const inferenceServices of [
      [facts("iris", { state: "not-ready", reason: "pulling" })],
      [facts("iris", { state: "not-ready", reason: "starting" })],
      [facts("iris")],
      [facts("iris", { url: "http://elsewhere" })],
      [],
    ]) {
      registry.apply(discovery, { entries: [], refused: [], inferenceServices });
      const { state, reason } = registry.readiness(key("a"));
      seen.push([words(changes.at(-1)!).join(), registry.get("a")!.address.url, state, reason]);
    }
    expect(seen).toEqual([
      ["changed a", "http://iris.isvc", "not-ready", "pulling"],
      ["readiness a", "http://iris.isvc", "not-ready", "starting"],
      ["readiness a", "http://iris.isvc", "ready", ""],
      ["changed a", "http://elsewhere", "ready", ""],
      ["changed a", "http://iris.ns.svc.cluster.local", "unknown", "not checked yet"],
    ]);
    expect(changes.at(-4)).toMatchObject([{ previous: { reason: "pulling" }, readiness: { reason: "starting" } }]);
  });

  it("changes the protocol of a model that declares none", () => {
    const { registry, changes } = withFacts({ service: "iris" }, [facts("iris")]);
    registry.setReadiness(registry.get("a")!, { state: "not-ready", reason: "HTTP 404", checkTime: new Date(7) });
    const change = (protocol: "v2" | undefined) =>
      registry.apply(discovery, { entries: [], refused: [], inferenceServices: [facts("iris", { protocol })] });
    change("v2");
    expect(words(changes.at(-1)!)).toEqual(["changed a"]);
    expect(registry.get("a")!.protocol).toBe("v2");
    expect(registry.readiness(key("a")).reason).not.toBe("HTTP 404");
    change(undefined);
    expect(registry.get("a")!.protocol).toBe("v1");
  });

  it("is no longer followed by an entry that now names another", () => {
    const { registry, changes } = withFacts({ service: "iris" }, [facts("iris")]);
    registry.apply(registrations, { entries: [located("a", { service: "other" })], refused: [] });
    const before = changes.length;
    registry.apply(discovery, { entries: [], refused: [], inferenceServices: [] });
    expect(changes).toHaveLength(before);
  });

  it("is shown in the last readiness of a model that goes with it", () => {
    const { registry, changes } = createRegistry();
    const gone = facts("a", { state: "not-ready", reason: "pulling" });
    registry.apply(discovery, { entries: [located("a", { service: "a" })], refused: [], inferenceServices: [gone] });
    registry.apply(discovery, { entries: [], refused: [], inferenceServices: [] });
    expect(changes.at(-1)).toMatchObject([{ kind: "removed", readiness: { reason: "pulling" } }]);
  });
});
