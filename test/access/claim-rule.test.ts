import { describe, expect, it } from "vitest";
import { accessFromClaims } from "../../src/access/claim-rule.ts";

const disk = { name: "disk", namespace: "storage", holdsName: true };
const spokeDisk = { name: "spoke-1/disk", namespace: "storage", holdsName: true };

describe("a claim that lists models", () => {
  it.each<[string, unknown, boolean, boolean]>([
    ["nothing", undefined, false, false],
    ["an empty list", [], false, false],
    ["the name", ["disk"], true, false],
    ["another name", ["disk-2", "dis", "DISK"], false, false],
    ["its namespace and name", ["storage/disk"], true, true],
    ["another namespace", ["compute/disk", "compute/*"], false, false],
    ["its namespace", ["storage/*"], true, true],
    ["everything", ["*"], true, true],
    ["a pattern, which is none", ["d*", "*/disk", "stor*/disk"], false, false],
    ["the cluster where a namespace stands", ["spoke-1/disk"], false, false],
    ["names with spaces between them", "other disk", true, false],
    ["names with commas between them", "other, disk", true, false],
    ["a number", 7, false, false],
    ["an object", { disk: true }, false, false],
    ["a list of lists", [["disk"]], false, false],
  ])("that holds %s", (_title, models, own, ofCluster) => {
    const access = accessFromClaims({ sub: "ada", models }, { models: "models", versions: undefined });
    expect([access.mayUse(disk), access.mayUse(spokeDisk)]).toEqual([own, ofCluster]);
  });

  it.each<[unknown, boolean, boolean]>([
    [["*"], true, true],
    [["storage/*"], false, true],
    [["disk", "storage/disk"], false, false],
  ])("that holds %j says who may use all", (models, all, ofNamespace) => {
    const access = accessFromClaims({ models }, { models: "models", versions: undefined });
    expect([access.mayUseAll(), access.mayUseAll("storage")]).toEqual([all, ofNamespace]);
  });

  it.each([
    ["https://example.com/models", { "https://example.com/models": ["disk"] }],
    ["realm.roles", { realm: { roles: ["disk"] } }],
    ["realm.roles", { "realm.roles": ["disk"], realm: { roles: [] } }],
  ])("is found under %s", (name, claims) => {
    expect(accessFromClaims(claims, { models: name, versions: undefined }).mayUse(disk)).toBe(true);
  });

  it.each(["realm.roles.x", "__proto__", "constructor.name", "toString"])("is not found under %s", (name) => {
    expect(accessFromClaims({ realm: { roles: ["*"] } }, { models: name, versions: undefined }).mayUse(disk)).toBe(
      false,
    );
  });

  it("is not required if none is configured", () => {
    const access = accessFromClaims({ sub: "ada" }, { models: undefined, versions: undefined });
    expect([access.caller, access.mayUse(disk), access.mayUseAll()]).toEqual(["ada", true, true]);
  });
});

describe("a claim that lists what may be done in the registry of versions", () => {
  it.each<[string, unknown, boolean[]]>([
    ["nothing", undefined, [false, false, false, false]],
    ["reading one model", ["read:fraud"], [true, false, false, false]],
    ["writing one model", ["write:fraud"], [true, true, false, false]],
    ["reading all", "read:*", [true, false, true, false]],
    ["writing all", "write:*", [true, true, true, true]],
    ["everything", ["*"], [true, true, true, true]],
    ["a bare name", ["fraud"], [false, false, false, false]],
    ["another model", ["write:fraud-2"], [false, false, false, false]],
  ])("that holds %s", (_title, keep, expected) => {
    const { mayKeep } = accessFromClaims({ keep }, { models: undefined, versions: "keep" });
    const asked = [
      mayKeep("get", "modelversions", "fraud"),
      mayKeep("update", "modelversions", "fraud"),
      mayKeep("list", "registeredmodels"),
      mayKeep("create", "registeredmodels"),
    ];
    expect(asked).toEqual(expected);
  });

  it.each([
    [undefined, true],
    ["models", false],
  ])("is not needed unless models are listed: %s", (models, allowed) => {
    const { mayKeep } = accessFromClaims({ models: ["*"] }, { models, versions: undefined });
    expect(mayKeep("delete", "registeredmodels")).toBe(allowed);
  });
});
