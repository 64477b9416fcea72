import { expect, it } from "vitest";
import type { VersionsError } from "../../../src/versions/versions-error.ts";
import { createParents } from "../support/sample-records.ts";
import { type StoreUnderTest, unique } from "../support/store-under-test.ts";

const writers = 20;

async function atOnce<T>(work: (i: number) => Promise<T>) {
  const results = await Promise.allSettled(Array.from({ length: writers }, (_, i) => work(i)));
  const values = results.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const reasons = results.flatMap((one) => (one.status === "rejected" ? [one.reason as VersionsError] : []));
  return { values, reasons };
}

/** That writes at the same time have one winner and clear losers, and that none is half done. */
export function describeWrites(under: () => StoreUnderTest): void {
  it("lets one of 20 concurrent writers have a name, and refuses the others", async () => {
    const { store } = under();
    const name = unique();
    const { values, reasons } = await atOnce((i) =>
      store.create("registeredModel", { fields: { name, owner: `${i}` } }),
    );
    expect(values).toHaveLength(1);
    expect(reasons.map(({ reason, data }) => [reason, data])).toEqual(
      Array(writers - 1).fill(["ALREADY_EXISTS", { kind: "registeredModel", field: "name", value: name }]),
    );
    expect(await store.get("registeredModel", { name })).toEqual(values[0]);
  });

  it("lets one of 20 concurrent writers have an external id, whatever kinds they write", async () => {
    const { store } = under();
    const externalId = unique();
    const parents = await createParents(store);
    const { values, reasons } = await atOnce((i) => {
      const fields = { name: unique(), externalId };
      if (i % 2 === 0) return store.create("servingEnvironment", { fields });
      return store.create("modelVersion", { fields: { ...fields, registeredModelId: parents.registeredModel! } });
    });
    expect(values).toHaveLength(1);
    expect(new Set(reasons.map(({ reason }) => reason))).toEqual(new Set(["ALREADY_EXISTS"]));
    expect(new Set(reasons.map(({ data }) => (data as { field: string }).field))).toEqual(new Set(["externalId"]));
  });

  it("lets names be used again under another parent and in another kind, and external ids in another space", async () => {
    const { store } = under();
    const [name, externalId] = [unique(), unique()];
    const [one, other] = [await createParents(store), await createParents(store)];
    for (const { registeredModel } of [one, other]) {
      await store.create("modelVersion", { fields: { name, registeredModelId: registeredModel! } });
    }
    await store.create("registeredModel", { fields: { name, externalId } });
    await store.create("metric", { fields: { name, value: 1, externalId, modelVersionId: one.modelVersion! } });
    await store.create("parameter", { fields: { name, modelVersionId: one.modelVersion! } });
    // Artifacts without a version may share their name.
    await store.create("metric", { fields: { name, value: 1 } });
    await store.create("metric", { fields: { name, value: 1 } });
    await expect(
      store.create("metric", { fields: { name, value: 2, modelVersionId: one.modelVersion! } }),
    ).rejects.toMatchObject({ reason: "ALREADY_EXISTS", data: { kind: "metric", field: "name" } });
    await expect(store.get("artifact", { name, parentId: one.modelVersion! })).rejects.toMatchObject({
      reason: "NOT_FOUND",
      data: { several: true },
    });
  });

  it("frees the external id of a record that is deleted or has another one", async () => {
    const { store } = under();
    const [first, second] = [unique(), unique()];
    const { id } = await store.create("servingEnvironment", { fields: { name: unique(), externalId: first } });
    await store.update("servingEnvironment", id, { fields: { externalId: second } });
    const model = await store.create("registeredModel", { fields: { name: unique(), externalId: first } });
    await expect(store.update("servingEnvironment", id, { fields: { externalId: first } })).rejects.toMatchObject({
      reason: "ALREADY_EXISTS",
      data: { field: "externalId", value: first },
    });
    await store.delete("registeredModel", model.id);
    await store.update("servingEnvironment", id, { fields: { externalId: first } });
  });

  it("counts every one of 20 concurrent updates, and loses none", async () => {
    const { store } = under();
    const { id } = await store.create("registeredModel", { fields: { name: unique() } });
    const properties = (i: number) =>
      ({ [`by${i}`]: { metadataType: "MetadataIntValue", int_value: `${i}` } }) as const;
    const { values } = await atOnce((i) =>
      store.update("registeredModel", id, { fields: { owner: `${i}` }, properties: properties(i) }),
    );
    expect(values.map(({ revision }) => revision).sort((a, b) => a - b)).toEqual(
      Array.from({ length: writers }, (_, i) => i + 2),
    );
    const last = await store.get("registeredModel", { id });
    expect(last).toEqual(values.find(({ revision }) => revision === writers + 1));
    const filter = `\`by${last.fields.owner}\` = ${last.fields.owner} AND id = ${id}`;
    expect(await store.count("registeredModel", { filter })).toBe(1);
  });

  it("lets one of 20 concurrent updates of the same revision through", async () => {
    const { store } = under();
    const { id } = await store.create("registeredModel", { fields: { name: unique() } });
    const { values, reasons } = await atOnce((i) =>
      store.update("registeredModel", id, { fields: { owner: `${i}` } }, { expectedRevision: 1 }),
    );
    expect(values).toHaveLength(1);
    expect(reasons[0]).toMatchObject({ reason: "REVISION_MOVED", data: { id, revision: 2 } });
    await expect(store.delete("registeredModel", id, { expectedRevision: 1 })).rejects.toMatchObject({
      reason: "REVISION_MOVED",
    });
    await store.delete("registeredModel", id, { expectedRevision: 2 });
  });

  it("makes one record of 20 concurrent upserts of a name", async () => {
    const { store } = under();
    const { modelVersion } = await createParents(store);
    const fields = { name: "accuracy", modelVersionId: modelVersion! };
    const { values } = await atOnce((i) => store.upsert("metric", { fields: { ...fields, value: i } }));
    expect(values).toHaveLength(writers);
    expect(values.filter(({ created }) => created)).toHaveLength(1);
    expect(new Set(values.map(({ record }) => record.id)).size).toBe(1);
    expect(await store.get("metric", { name: "accuracy", parentId: modelVersion! })).toMatchObject({
      revision: writers,
    });
  });

  it("refuses to delete what others refer to, and says what they are", async () => {
    const { store } = under();
    const parents = await createParents(store);
    const id = parents.modelVersion!;
    await store.create("metric", { fields: { name: "m", value: 1, modelVersionId: id } });
    await store.setAlias({ registeredModelId: parents.registeredModel!, alias: "champion", modelVersionId: id });
    await expect(store.delete("modelVersion", id)).rejects.toMatchObject({
      reason: "STILL_REFERENCED",
      data: {
        kind: "modelVersion",
        id,
        by: [
          { kind: "modelArtifact", count: 1 },
          { kind: "alias", count: 1 },
        ],
      },
    });
    await expect(store.delete("registeredModel", parents.registeredModel!)).rejects.toMatchObject({
      data: {
        by: [
          { kind: "modelVersion", count: 1 },
          { kind: "inferenceService", count: 1 },
        ],
      },
    });
  });

  it("sees an artifact only below its version, and only as its sort", async () => {
    const { store } = under();
    const [one, other] = [await createParents(store), await createParents(store)];
    const { id } = await store.create("metric", { fields: { value: 1, modelVersionId: one.modelVersion! } });
    await expect(store.get("parameter", { id })).rejects.toMatchObject({ reason: "NOT_FOUND" });
    expect(await store.get("artifact", { id })).toMatchObject({ kind: "metric", id });
    const where = { modelVersionId: other.modelVersion! };
    await expect(store.update("artifact", id, { fields: { value: 2 } }, { where })).rejects.toMatchObject({
      reason: "NOT_FOUND",
    });
    await store.update("artifact", id, { fields: { value: 2 } }, { where: { modelVersionId: one.modelVersion! } });
    await expect(store.update("artifact", id, { fields: { uri: "x" } })).rejects.toMatchObject({
      reason: "INVALID",
      data: { violations: [{ field: "uri", problem: "unknown" }] },
    });
  });

  it("takes only versions of the model that is served", async () => {
    const { store } = under();
    const [one, other] = [await createParents(store), await createParents(store)];
    const violation = { reason: "INVALID", data: { violations: [{ field: "modelVersionId", problem: "value" }] } };
    const parents = { registeredModelId: one.registeredModel!, servingEnvironmentId: one.servingEnvironment! };
    const service = (modelVersionId: string) => ({ fields: { name: unique(), ...parents, modelVersionId } });
    await expect(store.create("inferenceService", service(other.modelVersion!))).rejects.toMatchObject(violation);
    await expect(store.upsert("inferenceService", service(other.modelVersion!))).rejects.toMatchObject(violation);
    const { id } = await store.create("inferenceService", service(one.modelVersion!));
    const moved = store.update("inferenceService", id, { fields: { modelVersionId: other.modelVersion! } });
    await expect(moved).rejects.toMatchObject(violation);
    await store.update("inferenceService", id, { fields: { modelVersionId: null } });

    const deployment = (modelVersionId: string) => ({ fields: { modelVersionId, inferenceServiceId: id } });
    await expect(store.create("serveModel", deployment(other.modelVersion!))).rejects.toMatchObject(violation);
    const deployed = await store.create("serveModel", deployment(one.modelVersion!));
    for (const filter of [`inferenceServiceId = ${id}`, `modelVersionId = "${one.modelVersion}"`]) {
      expect(await store.list("serveModel", { filter, pageSize: 5 })).toMatchObject({ records: [{ id: deployed.id }] });
    }
    expect(await store.count("serveModel", { filter: `modelVersionId = ${other.modelVersion}` })).toBe(0);
  });

  it("rejects with the reason of a signal that has aborted, and goes on", async () => {
    const { store } = under();
    const name = unique();
    const reason = new Error("the caller has left");
    const options = { signal: AbortSignal.abort(reason) };
    await expect(store.create("registeredModel", { fields: { name } }, options)).rejects.toBe(reason);
    await expect(store.get("registeredModel", { name }, options)).rejects.toBe(reason);
    await expect(store.list("registeredModel", { pageSize: 1 }, options)).rejects.toBe(reason);
    await expect(store.get("registeredModel", { name })).rejects.toMatchObject({ reason: "NOT_FOUND" });
  });

  it("imports records with their ids and times, as often as they are sent", async () => {
    const { store } = under();
    const base = await store.create("registeredModel", { fields: { name: unique() } });
    const id = String(BigInt(base.id) + 1000n);
    const model = {
      kind: "registeredModel",
      id,
      createTime: 1_700_000_000_000,
      updateTime: 1_700_000_000_001,
      fields: { name: unique(), externalId: unique(), state: "ARCHIVED" },
      properties: { n: { metadataType: "MetadataIntValue", int_value: "7" } },
    } as const;
    const version = { ...model, kind: "modelVersion", fields: { name: "1", registeredModelId: id } } as const;
    for (let i = 0; i < 2; i++) await store.import([model, version]);
    expect(await store.get("registeredModel", { id })).toMatchObject({
      id,
      createTime: model.createTime,
      updateTime: model.updateTime,
      fields: { externalId: model.fields.externalId, state: "ARCHIVED" },
    });
    expect(await store.count("registeredModel", { filter: `n = 7 AND id = ${id}` })).toBe(1);
    const next = await store.create("registeredModel", { fields: { name: unique() } });
    expect(BigInt(next.id)).toBeGreaterThan(BigInt(id));

    const orphan = {
      ...version,
      id: String(BigInt(id) + 1n),
      fields: { name: "2", registeredModelId: "9007199254740993" },
    };
    const last = { ...model, id: String(BigInt(id) + 500n), fields: { name: unique() } };
    await expect(store.import([last, orphan])).rejects.toMatchObject({ reason: "PARENT_NOT_FOUND" });
    await expect(store.get("registeredModel", { id: last.id })).rejects.toMatchObject({ reason: "NOT_FOUND" });
  });
}
