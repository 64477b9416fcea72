import { describe, expect, it } from "vitest";
import { missingSources } from "../../src/registry/source-readiness.ts";
import type { SourceIdentity } from "../../src/registry/versioned-source.ts";
import { createRegistry, located, source } from "./support/sources.ts";

const file = source("file");
const environment = source("environment");
const refused = { name: "b", location: "models.yaml[1]", problems: [{ field: "type", message: "missing" }] };

describe("what is known of a source", () => {
  it("is how much it holds, what it refuses and when that changed", () => {
    const { registry } = createRegistry();
    registry.expect(file);
    expect(registry.sources).toEqual([
      { ...file, count: 0, refused: [], loaded: false, changeTime: undefined, trouble: undefined },
    ]);
    registry.apply(file, { entries: [located("a")], refused: [refused] });
    const [first] = registry.sources;
    expect(first).toMatchObject({ count: 1, refused: [refused], loaded: true });
    registry.apply(file, { entries: [located("a")], refused: [structuredClone(refused)] });
    expect(registry.sources[0]!.changeTime).toEqual(first!.changeTime);
    registry.apply(file, { entries: [located("a")], refused: [] });
    expect(registry.sources[0]!.changeTime!.getTime()).toBeGreaterThan(first!.changeTime!.getTime());
  });

  it("is its trouble, since it began, until it is well", () => {
    const { registry, changes } = createRegistry();
    registry.setTrouble(file, "gone");
    const [{ trouble }] = registry.sources as [(typeof registry.sources)[number]];
    registry.setTrouble(file, "still gone");
    expect(registry.sources[0]!.trouble).toEqual({ problem: "still gone", since: trouble!.since });
    registry.setTrouble(file, undefined);
    expect(registry.sources[0]!.trouble).toBeUndefined();
    expect(changes).toEqual([[], [], []]);
  });

  it("comes in the order of precedence", () => {
    const { registry } = createRegistry();
    for (const one of [environment, file, source("discovery"), source("config-map")]) registry.expect(one);
    expect(registry.sources.map(({ kind }) => kind)).toEqual(["config-map", "file", "environment", "discovery"]);
  });
});

describe("what keeps the models from being complete", () => {
  const nothing = { entries: [], refused: [] };
  it.each<
    [string, { loaded?: SourceIdentity; trouble?: SourceIdentity; expected?: SourceIdentity }, string | undefined]
  >([
    ["nothing, without sources", {}, undefined],
    ["a source that has said nothing yet", { loaded: environment, expected: file }, "waiting for the models of file"],
    ["every source in trouble", { trouble: file }, "no source has any models yet: file: not found"],
    ["nothing, with trouble beside a source that is there", { loaded: environment, trouble: file }, undefined],
    ["nothing, with trouble after a first snapshot", { loaded: file, trouble: file }, undefined],
  ])("is %s", (_title, { loaded, trouble, expected }, words) => {
    const { registry } = createRegistry();
    if (expected !== undefined) registry.expect(expected);
    if (loaded !== undefined) registry.apply(loaded, nothing);
    if (trouble !== undefined) registry.setTrouble(trouble, "not found");
    expect(missingSources(registry.sources)).toBe(words);
  });
});
