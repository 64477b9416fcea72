import { describe, expect, it } from "vitest";
import { accessFromClaims } from "../../src/access/claim-rule.ts";

const disk = { name: "disk", namespace: "storage" };
const spokeDisk = { name: "spoke-1/disk", namespace: "storage" };

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
    const access = accessFromClaims({ sub: "ada", models }, "models");
    expect([access.mayUse(disk), access.mayUse(spokeDisk)]).toEqual([own, ofCluster]);
  });

  it.each<[unknown, boolean, boolean]>([
    [["*"], true, true],
    [["storage/*"], false, true],
    [["disk", "storage/disk"], false, false],
  ])("that holds %j tells who may use all", (models, all, ofNamespace) => {
    const access = accessFromClaims({ models }, "models");
    expect([access.mayUseAll(), access.mayUseAll("storage")]).toEqual([all, ofNamespace]);
  });

  it.each([
    ["https://example.com/models", { "https://example.com/models": ["disk"] }],
    ["realm.roles", { realm: { roles: ["disk"] } }],
    ["realm.roles", { "realm.roles": ["disk"], realm: { roles: [] } }],
  ])("is found under %s", (name, claims) => {
    expect(accessFromClaims(claims, name).mayUse(disk)).toBe(true);
  });

  it.each(["realm.roles.x", "__proto__", "constructor.name", "toString"])("is not found under %s", (name) => {
    expect(accessFromClaims({ realm: { roles: ["*"] } }, name).mayUse(disk)).toBe(false);
  });

  it("is not asked for where none is named", () => {
    const access = accessFromClaims({ sub: "ada" }, undefined);
    expect([access.caller, access.mayUse(disk), access.mayUseAll()]).toEqual(["ada", true, true]);
  });
});
