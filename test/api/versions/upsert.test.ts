import { describe, expect, it } from "vitest";
import { Keeper } from "../../../src/api/versions/keeper.ts";
import type { Access } from "../../../src/registry/access.ts";
import type { VersionStore } from "../../../src/versions/ports.ts";
import { VersionsError } from "../../../src/versions/versions-error.ts";

const metric = { fields: { name: "accuracy", value: 0.5, modelVersionId: "2" } };

/** A keeper for a caller with these rights, over a store that has a metric of these names, and the calls of the store. */
function keeperWith(rights: readonly string[], existing: readonly string[]) {
  const calls: string[] = [];
  const store = {
    get: async (kind: string) =>
      kind === "modelVersion"
        ? { kind, id: "2", name: "1.0", fields: { registeredModelId: "1" } }
        : { kind, id: "1", name: "fraud", fields: {} },
    create: async (kind: string, record: typeof metric) => {
      if (existing.includes(record.fields.name)) {
        throw new VersionsError("ALREADY_EXISTS", "exists", { kind: "metric", field: "name", value: "accuracy" });
      }
      calls.push("create");
      return { kind, id: "3", ...record.fields, fields: record.fields };
    },
    upsert: async (kind: string, record: typeof metric) => {
      calls.push("upsert");
      return { record: { kind, id: "3", ...record.fields, fields: record.fields }, created: existing.length === 0 };
    },
  };
  const access = {
    caller: "ci",
    mayKeep: (verb: string, resource: string, name?: string) => rights.includes(`${verb} ${resource} ${name ?? "any"}`),
  };
  const keeping = { access: access as unknown as Access, signal: new AbortController().signal };
  return { calls, keeper: new Keeper(store as unknown as VersionStore, keeping, () => {}) };
}

describe("a metric that is logged under a name", () => {
  it("is created by a caller who may only create", async () => {
    const { keeper, calls } = keeperWith(["create artifacts fraud"], []);
    expect(await keeper.upsert("metric", metric as never)).toMatchObject({ created: true });
    expect(calls).toEqual(["create"]);
  });

  it("is not changed by a caller who may only create", async () => {
    const { keeper, calls } = keeperWith(["create artifacts fraud"], ["accuracy"]);
    await expect(keeper.upsert("metric", metric as never)).rejects.toMatchObject({ reason: "PERMISSION_DENIED" });
    expect(calls).toEqual([]);
  });

  it.each(["fraud", "any"])("is changed by a caller who may create and update those of %s", async (name) => {
    const { keeper, calls } = keeperWith([`create artifacts ${name}`, `update artifacts ${name}`], ["accuracy"]);
    expect(await keeper.upsert("metric", metric as never)).toMatchObject({ created: false });
    expect(calls).toEqual(["upsert"]);
  });
});
