import { createClient } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { VersionRegistry } from "../../../gen/kserve/versions/v1/version_registry_pb.ts";
import { bearer, startGuarded } from "../../access/support/guarded-service.ts";
import { errorOf, partsOf } from "../../support/error-details.ts";
import { startRegistry } from "../../support/running-service.ts";
import { transportOf, ways } from "../../support/ways.ts";

const env = { DATABASE_URL: "sqlite::memory:" };
const asked = ["get", "create", "update", "delete"].map((verb) => ({ resource: "modelversions", verb }));

describe("TestPermissions", () => {
  it("says what a caller may do with one model and with all", async () => {
    const { url, issuer } = await startGuarded({ ...env, AUTH_VERSIONS_CLAIM: "keep" });
    const client = createClient(VersionRegistry, transportOf(ways[0]!, url));
    const headers = bearer(await issuer.token({ keep: ["read:*", "write:mine"] }));
    const may = async (name: string) => {
      const { results, caller } = await client.testPermissions({ name, permissions: asked }, { headers });
      expect(caller).toBe("ada");
      expect(results.map(({ permission }) => permission?.verb)).toEqual(asked.map(({ verb }) => verb));
      expect(results.every(({ allowed, reason }) => allowed === (reason === ""))).toBe(true);
      return results.map(({ allowed }) => allowed);
    };
    expect(await may("mine")).toEqual([true, true, true, true]);
    expect(await may("theirs")).toEqual([true, false, false, false]);
    expect(await may("")).toEqual([true, false, false, false]);
    const { results } = await client.testPermissions(
      { name: "theirs", permissions: [{ resource: "registeredmodels", verb: "delete" }] },
      { headers },
    );
    expect(results[0]?.reason).toBe("You may not delete registeredmodels of theirs");
  });

  it("allows everything that the server supports if access control is off", async () => {
    const { url } = await startRegistry({ env });
    const client = createClient(VersionRegistry, transportOf(ways[0]!, url));
    const permissions = [
      { resource: "registeredmodels", verb: "delete" },
      { resource: "deployments", verb: "create" },
    ];
    const { results, caller } = await client.testPermissions({ permissions });
    expect([caller, results.map(({ allowed }) => allowed)]).toEqual(["", [true, false]]);
    expect(results[1]?.reason).toContain("AUTH_MODE=kubernetes");
  });

  it("refuses what it cannot tell, and names the field", async () => {
    const { url } = await startRegistry({ env });
    const client = createClient(VersionRegistry, transportOf(ways[0]!, url));
    const wrong: readonly (readonly [field: string, request: Parameters<typeof client.testPermissions>[0]])[] = [
      ["permissions", { permissions: [] }],
      ["permissions", { permissions: Array.from({ length: 33 }, () => asked[0]!) }],
      ["permissions[1].resource", { permissions: [asked[0]!, { resource: "models", verb: "get" }] }],
      ["permissions[0].verb", { permissions: [{ resource: "artifacts", verb: "burn" }] }],
      ["permissions[0].verb", { permissions: [{ resource: "deployments", verb: "delete" }] }],
      ["name", { name: "x".repeat(256), permissions: asked }],
    ];
    for (const [field, request] of wrong) {
      const error = partsOf(await errorOf(client.testPermissions(request)));
      expect([error.reason, error.fields]).toEqual(["INVALID_REQUEST", [field]]);
    }
  });
});
