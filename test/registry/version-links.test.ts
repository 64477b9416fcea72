import { describe, expect, it, onTestFinished } from "vitest";
import type { FoundVersion, LinkState, ModelEntry, VersionFinding } from "../../src/registry/model.ts";
import type { InferenceServiceFacts, VersionFinder } from "../../src/registry/ports.ts";
import { linkOf } from "../../src/registry/version-link.ts";
import { VersionLinks } from "../../src/registry/version-links.ts";
import { namesOneVersion, parseVersionRef, versionRefText } from "../../src/registry/version-ref.ts";
import { until } from "../support/until.ts";
import { createRegistry, facts, key, located, source, words } from "./support/sources.ts";

const found: FoundVersion = {
  state: "found",
  registeredModel: "disk",
  registeredModelId: "1",
  version: "2",
  versionId: "7",
  aliases: ["champion"],
  archived: false,
  namespaces: ["storage"],
  declarations: {
    inputFeatures: [{ name: "iops", type: "integer" }],
    inputFormat: "record",
    outputFormat: { field: "p" },
  },
  problem: "",
};

describe("a reference to a version", () => {
  it.each([
    ["disk", { model: "disk" }, false],
    ["disk/2", { model: "disk", version: "2" }, true],
    ["disk@champion", { model: "disk", alias: "champion" }, false],
    ["team%2Fdisk/2%401", { model: "team/disk", version: "2@1" }, true],
    ["100%25/1.0 rc", { model: "100%", version: "1.0 rc" }, true],
  ])("%s is %j", (text, ref, isOne) => {
    expect(parseVersionRef(text)).toEqual(ref);
    expect(versionRefText(ref)).toBe(text);
    expect(namesOneVersion(ref)).toBe(isOne);
  });

  it.each([
    "",
    "/",
    "disk/",
    "/2",
    "disk/2/3",
    "disk@",
    "disk@a/b",
    "disk@a@b",
    "disk%",
    "disk%zz/2",
    "disk%00/2",
    "a".repeat(256),
  ])("%j is none", (text) => {
    expect(parseVersionRef(text)).toBeUndefined();
  });

  it("is a field of an entry, and what is none is refused with its form", () => {
    expect(located("a", { version: "disk/2" }).entry.version).toEqual({ model: "disk", version: "2" });
    expect(() => located("a", { version: "disk/" })).toThrow(/expected MODEL\/VERSION, MODEL@ALIAS/);
  });
});

describe("a claim that a model is a version", () => {
  const ref = { model: "disk", version: "2" };
  const entry = located("a").entry;

  it.each<[string, VersionFinding | undefined, string | undefined, LinkState, RegExp]>([
    ["of a trusted place counts", found, undefined, "linked", /^$/],
    [
      "counts for a version of an archived model, too",
      { ...found, archived: true },
      undefined,
      "archived",
      /is archived/,
    ],
    ["is unknown before it is looked up", undefined, undefined, "unknown", /not been looked up/],
    ["of no version says so", { state: "not-found", problem: "no version" }, undefined, "not-found", /no version/],
    ["of an object in the owner's namespace counts", found, "storage", "linked", /^$/],
    [
      "of an object elsewhere does not",
      found,
      "team-b",
      "not-trusted",
      /an object in team-b may only link to versions of team-b/,
    ],
    [
      "of an object elsewhere learns nothing of what is there",
      { state: "not-found", problem: "secret words" },
      "team-b",
      "not-trusted",
      /^((?!secret).)*$/,
    ],
  ])("%s", (_title, finding, tenant, state, problem) => {
    const link = linkOf({ ref, ...(tenant === undefined ? {} : { tenant }) }, entry, finding);
    expect(link.state).toBe(state);
    expect(link.problem).toMatch(problem);
    expect(link.found).toBe(state === "linked" || state === "archived" ? finding : undefined);
  });

  it.each<[string, Partial<ModelEntry>, string[]]>([
    ["that declares nothing", {}, []],
    ["of bare names in the same order", { inputFeatures: [{ name: "iops" }], inputFormat: "record" }, []],
    [
      "of other features",
      { inputFeatures: [{ name: "iops" }, { name: "age" }], inputFormat: "record" },
      ["inputFeatures: the entry has iops, age, the version iops"],
    ],
    [
      "of another type",
      { inputFeatures: [{ name: "iops", type: "string" }], inputFormat: "record" },
      ['inputFeatures[0].type: the entry has "string", the version "integer"'],
    ],
    [
      "of another form",
      { inputFeatures: [{ name: "iops" }] },
      ["inputFormat: the entry has array, the version record"],
    ],
    ["of another output", { outputFormat: { field: "q" } }, ['outputFormat.field: the entry has "q", the version "p"']],
  ])("by an entry %s differs by %j", (_title, fields, differences) => {
    expect(linkOf({ ref }, { ...entry, ...fields }, found).differences).toEqual(differences);
  });
});

describe("a model that is linked to a version", () => {
  const ref = { model: "disk", version: "2" };
  const environment = source("environment");

  function linked(fields: object, finding: VersionFinding = found) {
    const made = createRegistry();
    made.registry.apply(environment, { entries: [located("a", fields)], refused: [] });
    made.registry.setFindings(new Map([[ref, finding]]));
    return { ...made, model: () => made.registry.snapshot.models.get(key("a"))! };
  }

  it("has the declarations of its version where it has none, and is reported as changed", () => {
    const { model, changes } = linked({ version: "disk/2" });
    expect(model()).toMatchObject({
      inputFeatures: [{ name: "iops" }],
      inputFormat: "record",
      outputFormat: { field: "p" },
    });
    expect(model().link).toMatchObject({ takes: ["inputFeatures", "outputFormat"], predicts: "2" });
    expect(changes.map(words)).toEqual([["added a"], ["changed a"]]);
  });

  it("keeps what its entry declares", () => {
    const { model } = linked({ version: "disk/2", inputFeatures: ["x"], outputFormat: { field: "q" } });
    expect(model()).toMatchObject({
      inputFeatures: [{ name: "x" }],
      inputFormat: "array",
      outputFormat: { field: "q" },
    });
    expect(model().link?.takes).toEqual([]);
  });

  it("loses them with its version", () => {
    const { model, registry } = linked({ version: "disk/2" });
    registry.setFindings(new Map([[ref, { state: "not-found", problem: "gone" }]]));
    expect(model().inputFeatures).toEqual([]);
    expect(model().link).toMatchObject({ state: "not-found", problem: "gone", predicts: "" });
  });

  it("does not change when the same is found again", () => {
    const { changes, registry } = linked({ version: "disk/2" });
    registry.setFindings(new Map([[{ ...ref }, structuredClone(found)]]));
    expect(changes).toHaveLength(2);
  });

  it("predicts as no version in particular where its link may move", () => {
    const { registry, model } = linked({ version: "disk@champion" });
    registry.setFindings(new Map([[{ model: "disk", alias: "champion" }, found]]));
    expect(model().link).toMatchObject({ state: "linked", predicts: "" });
  });

  it.each<[string, object, InferenceServiceFacts["link"], string]>([
    ["its InferenceService", {}, { ref: { modelId: "1", versionId: "7" } }, "linked"],
    [
      "an InferenceService that may not",
      {},
      { ref: { modelId: "1", versionId: "7" }, tenant: "team-b" },
      "not-trusted",
    ],
    ["its entry first", { version: "disk/2" }, { ref: { modelId: "1", versionId: "7" }, tenant: "team-b" }, "linked"],
  ])("is so by %s", (_title, fields, link, state) => {
    const { registry } = createRegistry();
    const services = [facts("iris", link === undefined ? {} : { link })];
    registry.apply(source("discovery"), { entries: [], refused: [], inferenceServices: services });
    registry.apply(environment, { entries: [located("a", { service: "iris", ...fields })], refused: [] });
    const [only] = registry.linkedVersions;
    registry.setFindings(new Map([[only!, found]]));
    expect(registry.get("a")?.link?.state).toBe(state);
  });

  it("is no longer looked up once it is gone", () => {
    const { registry } = linked({ version: "disk/2" });
    registry.apply(environment, { entries: [located("a")], refused: [] });
    expect(registry.linkedVersions).toEqual([]);
    registry.setFindings(new Map());
    expect(registry.findingOf(ref)).toBeUndefined();
  });
});

describe("following links", () => {
  const environment = source("environment");

  /** A registry of versions that is away until it is brought back. */
  function follow(refreshMs = 60_000) {
    const made = createRegistry();
    const asked: string[] = [];
    const troubles: (string | undefined)[] = [];
    let answer: () => VersionFinding = () => found;
    const finder: VersionFinder = {
      async find(ref) {
        asked.push(versionRefText(ref));
        return answer();
      },
    };
    const links = new VersionLinks({
      registry: made.registry,
      finder,
      refreshMs,
      onTrouble: (problem) => troubles.push(problem),
      backoff: { minMs: 20, maxMs: 20 },
    });
    onTestFinished(() => links.stop());
    const apply = (...versions: string[]) => {
      const entries = versions.map((version, i) => located(`m${i}`, { version }));
      made.registry.apply(environment, { entries, refused: [] });
    };
    return {
      ...made,
      links,
      asked,
      troubles,
      apply,
      answers: (given: () => VersionFinding) => {
        answer = given;
      },
      stateOf: (i: number) => made.registry.get(`m${i}`)?.link?.state,
    };
  }

  it("looks a new link up at once, and each version once for all models", async () => {
    const { links, asked, apply, stateOf } = follow();
    links.start();
    apply("disk/2", "disk/2", "other/1");
    expect(links.settled).toBe(false);
    await until(() => stateOf(0) === "linked" && stateOf(2) === "linked");
    expect(links.settled).toBe(true);
    expect(asked.sort()).toEqual(["disk/2", "other/1"]);
  });

  it("looks all of them up again on request, and when their time has come", async () => {
    const { links, apply, answers, stateOf, asked } = follow(300);
    apply("disk/2");
    links.start();
    await until(() => stateOf(0) === "linked");
    answers(() => ({ ...found, archived: true }));
    links.refresh();
    await until(() => stateOf(0) === "archived");
    const before = asked.length;
    await until(() => asked.length > before);
  });

  it("keeps its findings while the registry of versions is unavailable, and recovers by itself", async () => {
    const { links, apply, answers, stateOf, troubles, registry } = follow();
    apply("disk/2");
    links.start();
    await until(() => stateOf(0) === "linked");
    answers(() => {
      throw new Error("the database is away");
    });
    links.refresh();
    await until(() => troubles.length === 1);
    apply("disk/2", "other/1");
    await until(() => registry.get("m1")?.link?.problem.includes("the database is away") === true);
    expect(stateOf(0)).toBe("linked");
    expect(links.settled).toBe(true);
    answers(() => found);
    await until(() => stateOf(1) === "linked");
    expect(troubles).toEqual(["the database is away", undefined]);
  });
});
