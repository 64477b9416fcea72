import { describe, expect, it } from "vitest";
import { accessFromClaims } from "../../src/access/claim-rule.ts";
import { resolveModel } from "../../src/predict/resolve-model.ts";
import { everyone, permittedModel } from "../../src/registry/access.ts";
import { type SourceKind, sourceKinds } from "../../src/registry/model.ts";
import type { LocatedEntry } from "../../src/registry/ports.ts";
import { createRegistry, located, source, words } from "./support/sources.ts";

/** An entry `x` of a namespace; `tenant` where the namespace is not trusted. */
function x(namespace: string, fields: Partial<LocatedEntry> = {}): LocatedEntry {
  return { ...located("x", { namespace }, `X ${namespace}`), ...fields };
}

const tenant = (namespace: string, created: string): LocatedEntry => x(namespace, { tenant: namespace, created });

function holderAmong(entries: readonly (readonly [SourceKind, LocatedEntry])[], options = {}) {
  const { registry } = createRegistry({ defaultNamespace: "platform", ...options });
  for (const kind of sourceKinds) {
    const own = entries.filter(([one]) => one === kind).map(([, entry]) => entry);
    registry.apply(source(kind), { entries: own, refused: [] });
  }
  expect(registry.snapshot.keys).toEqual(entries.map(([, { entry }]) => `x ${entry.namespace}`).sort());
  for (const [, { entry }] of entries) {
    expect(registry.find({ name: "x", namespace: entry.namespace })?.namespace).toBe(entry.namespace);
  }
  return registry.get("x")?.namespace;
}

describe("a name that models of several namespaces have", () => {
  it.each<[string, string, [SourceKind, LocatedEntry][]]>([
    [
      "the trusted one in the default namespace",
      "platform",
      [
        ["model-registration", x("a")],
        ["environment", x("platform")],
      ],
    ],
    [
      "a trusted one, however young",
      "b",
      [
        ["discovery", tenant("a", "2020")],
        ["environment", x("b")],
      ],
    ],
    [
      "the oldest where none is trusted",
      "b",
      [
        ["model-registration", tenant("a", "2022")],
        ["discovery", tenant("b", "2021")],
      ],
    ],
    [
      "the oldest of three",
      "c",
      [
        ["discovery", tenant("a", "3")],
        ["discovery", tenant("b", "2")],
        ["discovery", tenant("c", "1")],
      ],
    ],
  ])("means %s", (_title, holder, entries) => {
    expect(holderAmong(entries)).toBe(holder);
    expect(holderAmong(entries.toReversed())).toBe(holder);
  });

  it.each(sourceKinds.flatMap((one, i) => sourceKinds.slice(i + 1).map((other) => [one, other] as const)))(
    "means the trusted one of %s before that of %s, and both are served",
    (first, second) => {
      expect(
        holderAmong([
          [first, x("b")],
          [second, x("a")],
        ]),
      ).toBe("b");
    },
  );

  it("means none where only trusted ones may hold names", () => {
    const entries: [SourceKind, LocatedEntry][] = [
      ["discovery", tenant("a", "1")],
      ["discovery", tenant("b", "2")],
    ];
    expect(holderAmong(entries, { bareNames: "trusted" })).toBeUndefined();
    expect(holderAmong([...entries, ["environment", x("c")]], { bareNames: "trusted" })).toBe("c");
  });

  it("goes to the next one when its holder goes, who has changed for all to see", () => {
    const { registry, changes } = createRegistry();
    registry.apply(source("environment"), { entries: [x("a"), x("b")], refused: [] });
    const b = registry.find({ name: "x", namespace: "b" })!;
    registry.setReadiness(b, { state: "ready", reason: "", checkTime: new Date() });
    registry.apply(source("environment"), { entries: [x("b")], refused: [] });
    expect(words(changes.at(-1)!)).toEqual(["removed x", "changed x"]);
    expect(changes.at(-1)![1]).toMatchObject({
      model: { namespace: "b", holdsName: true },
      previous: { holdsName: false },
    });
    expect(registry.get("x")).toMatchObject({ namespace: "b", key: b.key });
    expect(registry.readiness(b.key).state).toBe("ready");
  });

  it("is looked up among ten thousand models of which half share names", () => {
    const { registry } = createRegistry();
    const entries = Array.from({ length: 10_000 }, (_, i) => {
      const [name, namespace] =
        i < 2500 ? ["shared", `n${i}`] : i < 5000 ? [`pair-${i >> 1}`, `n${i % 2}`] : [`m${i}`, "n"];
      return located(name!, { namespace: namespace! }, `X ${i}`);
    });
    registry.apply(source("file"), { entries, refused: [] });
    expect(registry.snapshot.keys.length).toBe(10_000);
    expect(new Set(registry.snapshot.keys).size).toBe(10_000);
    expect(registry.snapshot.names.length).toBe(1 + 1250 + 5000);
    for (const { entry } of entries)
      expect(registry.find(entry)).toMatchObject({ name: entry.name, namespace: entry.namespace });
  });
});

describe("a caller of one of two namesakes", () => {
  const { registry } = createRegistry();
  registry.apply(source("environment"), { entries: [x("a"), x("b"), located("y", { namespace: "b" })], refused: [] });
  const accessOf = (...models: string[]) => accessFromClaims({ models }, { models: "models", versions: undefined });
  const answer = (claim: string, name: string, namespace = ""): Promise<unknown> =>
    permittedModel(registry, { name, namespace }, accessOf(claim)).then(
      (model) => model?.namespace,
      ({ reason, message }) => `${reason}: ${message}`,
    );

  it.each([
    ["x", "x", "", "a"],
    ["x", "x", "a", "a"],
    ["a/x", "x", "a", "a"],
    ["b/x", "x", "b", "b"],
    ["b/*", "x", "b", "b"],
  ])("with %s may use %s in %j", async (claim, name, namespace, found) => {
    expect(await answer(claim, name, namespace)).toBe(found);
  });

  it.each([
    ["x", "x", "b"],
    ["b/x", "x", ""],
    ["b/x", "x", "a"],
    ["a/x", "x", "b"],
  ])("with %s gets for %s in %j what it gets where there is none", async (claim, name, namespace) => {
    const forbidden = await answer(claim, name, namespace);
    const place = namespace === "" ? "" : "-none";
    const unknown = await answer(claim, namespace === "" ? "none" : name, `${namespace}${place}`);
    expect(forbidden).toMatch(/^PERMISSION_DENIED/);
    expect(unknown).toBe(
      String(forbidden).replace(
        /model x( in namespace \w)?/,
        namespace === "" ? "model none" : `model x in namespace ${namespace}-none`,
      ),
    );
  });

  it.each([
    ["xx", "*", "did you mean"],
    ["xx", "xx", "under the name xx$"],
  ])("that asks for %s with %s hears only of models that it may use", async (name, claim, says) => {
    const options = { registry, integrationEnabled: true };
    await expect(Promise.resolve(resolveModel(options, { name }, accessOf(claim)))).rejects.toThrow(new RegExp(says));
    await expect(Promise.resolve(resolveModel(options, { name: "x", namespace: "c" }, everyone))).rejects.toThrow(
      /there is one in namespace a/,
    );
  });
});
