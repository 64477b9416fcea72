import { expect, it } from "vitest";
import type { Registration } from "../../../src/versions/ports.ts";
import { createParents, sampleProperties } from "../support/sample-records.ts";
import { type StoreUnderTest, unique } from "../support/store-under-test.ts";

function registration(name = unique(), version = "1"): Registration {
  return {
    model: { fields: { name, owner: "ops" } },
    version: {
      fields: { name: version, author: "me", inputFeatures: '[{"name":"a","unit":"s"}]' },
      properties: { stage: { metadataType: "MetadataStringValue", string_value: "test" } },
    },
    artifacts: [
      { kind: "modelArtifact", fields: { uri: `s3://models/${name}/${version}` } },
      { kind: "metric", fields: { name: "accuracy", value: 0.97 } },
      { kind: "parameter", fields: { name: "depth", value: "5", parameterType: "number" } },
    ],
  };
}

/** That a version is registered whole or not at all, and found by what it is called. */
export function describeRegistration(under: () => StoreUnderTest): void {
  it("makes model, version and artifacts, and answers the same when it is sent again", async () => {
    const { store } = under();
    const given = registration();
    const first = await store.registerVersion(given);
    expect(first).toMatchObject({
      created: true,
      model: { name: given.model.fields.name, fields: { owner: "ops" } },
      version: { name: "1", fields: { registeredModelId: first.model.id, author: "me" } },
      artifacts: [
        { kind: "modelArtifact", name: given.model.fields.name, fields: { modelVersionId: first.version.id } },
        { kind: "metric", name: "accuracy" },
        { kind: "parameter", name: "depth" },
      ],
    });
    expect(await store.registerVersion(given)).toEqual({ ...first, created: false });
    expect(await store.get("artifact", { id: first.artifacts[1]!.id })).toEqual(first.artifacts[1]);
  });

  it("finds artifacts among many long ones, and refuses to answer with more than there is memory for", async () => {
    const { store } = under();
    const name = unique();
    const names = Array.from({ length: 24 }, (_, i) => `a${i}`);
    const given: Registration = {
      model: { fields: { name } },
      version: { fields: { name: "1" } },
      artifacts: [{ kind: "dataSet", fields: { description: "first" } }],
    };
    const { version, artifacts } = await store.registerVersion(given);
    const schema = "x".repeat(900_000);
    for (const one of names) {
      await store.create("dataSet", { fields: { name: one, modelVersionId: version.id, schema } });
    }
    expect((await store.registerVersion(given)).artifacts).toEqual(artifacts);
    const some = (count: number, fields = {}): Registration => ({
      ...given,
      artifacts: names.slice(24 - count).map((one) => ({ kind: "dataSet", fields: { name: one, ...fields } })),
    });
    const few = await store.registerVersion(some(3));
    expect(few.artifacts.map((one) => one.name)).toEqual(["a21", "a22", "a23"]);
    await expect(store.registerVersion(some(24))).rejects.toMatchObject({
      reason: "INVALID",
      data: { violations: [{ field: "artifacts", problem: "too_long" }] },
    });
    // Who registers it all again gets it all.
    expect((await store.registerVersion(some(24, { schema }))).artifacts).toHaveLength(24);
  });

  it("takes features that are written in another way for the same", async () => {
    const { store } = under();
    const given = registration();
    await store.registerVersion(given);
    const fields = { ...given.version.fields, inputFeatures: '[ {"unit": "s", "name": "a"} ]' };
    expect(await store.registerVersion({ ...given, version: { ...given.version, fields } })).toMatchObject({
      created: false,
    });
  });

  it("says which values differ from those that are registered", async () => {
    const { store } = under();
    const given = registration();
    const name = given.model.fields.name as string;
    await store.registerVersion(given);
    const other: Registration = {
      model: { fields: { name } },
      version: {
        fields: { name: "1", author: "you" },
        properties: { stage: { metadataType: "MetadataBoolValue", bool_value: true } },
      },
      artifacts: [
        { kind: "metric", fields: { name: "accuracy", value: 0.5 } },
        { kind: "metric", fields: { name: "recall", value: 0.5 } },
      ],
    };
    await expect(store.registerVersion(other)).rejects.toMatchObject({
      reason: "ALREADY_REGISTERED",
      data: {
        model: name,
        version: "1",
        differences: [
          { field: "version.author", stored: '"me"', given: '"you"' },
          { field: "version.customProperties.stage" },
          { field: "artifacts[0].value", stored: "0.97", given: "0.5" },
          { field: "artifacts[1]", stored: undefined, given: '"recall"' },
        ],
      },
    });
    await expect(store.registerVersion({ ...given, model: { fields: { name, owner: "dev" } } })).rejects.toMatchObject({
      reason: "ALREADY_REGISTERED",
      data: { differences: [{ field: "model.owner", stored: '"ops"', given: '"dev"' }] },
    });
  });

  it("makes one version of 20 that are registered at once, and answers all the same", async () => {
    const { store } = under();
    const given = registration();
    const answers = await Promise.all(Array.from({ length: 20 }, () => store.registerVersion(given)));
    expect(answers.filter(({ created }) => created)).toHaveLength(1);
    for (const answer of answers) expect({ ...answer, created: true }).toEqual({ ...answers[0], created: true });
  });

  it("makes 20 versions of one new model that are registered at once", async () => {
    const { store } = under();
    const name = unique();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => store.registerVersion(registration(name, `${i}`))),
    );
    expect(new Set(answers.map(({ model }) => model.id)).size).toBe(1);
    expect(await store.count("modelVersion", { where: { registeredModelId: answers[0]!.model.id } })).toBe(20);
  });

  it.each([
    ["a metric without a value", { kind: "metric", fields: { name: "m" } }, "artifacts[1].value"],
    ["two metrics of one name", { kind: "metric", fields: { name: "accuracy", value: 1 } }, "artifacts[1].name"],
  ] as const)("leaves nothing of a registration with %s", async (_, artifact, field) => {
    const { store } = under();
    const given = registration();
    const artifacts = [{ kind: "metric", fields: { name: "accuracy", value: 1 } }, artifact] as const;
    await expect(store.registerVersion({ ...given, artifacts })).rejects.toMatchObject({
      reason: "INVALID",
      data: { violations: [{ field }] },
    });
    await expect(store.get("registeredModel", { name: given.model.fields.name as string })).rejects.toMatchObject({
      reason: "NOT_FOUND",
    });
  });

  it("keeps properties of the model, the version and each artifact, and finds them", async () => {
    const { store } = under();
    const given = registration();
    const text = (string_value: string) => ({ metadataType: "MetadataStringValue", string_value }) as const;
    const mark = unique();
    const awkward = { mark: text(mark), ...sampleProperties };
    const registered = await store.registerVersion({
      model: { ...given.model, properties: awkward },
      version: { ...given.version, properties: { ...awkward, part: text("version") } },
      artifacts: [
        { kind: "metric", fields: { name: "same", value: 5e-324, step: "9007199254740993" }, properties: awkward },
        { kind: "parameter", fields: { name: "same", value: "it's {a,b}" } },
        {
          kind: "dataSet",
          fields: { name: 'a "name" \\ of, {its} own 💥', uri: "" },
          properties: { mark: text(mark) },
        },
      ],
    });
    const { model, version, artifacts } = registered;
    for (const record of [model, version, ...artifacts]) {
      expect(await store.get(record.kind, { id: record.id })).toEqual(record);
    }
    expect(JSON.parse(model.properties)).toEqual(awkward);
    expect(artifacts.map(({ id }) => BigInt(id))).toEqual([0n, 1n, 2n].map((i) => BigInt(artifacts[0]!.id) + i));
    const filter = `mark = '${mark}'`;
    const names = async (kind: "registeredModel" | "modelVersion" | "artifact") =>
      (await store.list(kind, { filter, pageSize: 9 })).records.map(({ name }) => name);
    expect(await names("registeredModel")).toEqual([model.name]);
    expect(await names("modelVersion")).toEqual(["1"]);
    expect(await names("artifact")).toEqual(["same", artifacts[2]!.name]);
    const second = await store.registerVersion({ ...given, version: { ...given.version, fields: { name: "2" } } });
    expect(second).toMatchObject({ created: true, model });
  });

  it("makes a registration with external ids, each of which only one record may have", async () => {
    const { store } = under();
    const [ofModel, ofVersion, ofArtifact] = [unique(), unique(), unique()];
    const given = registration();
    const external: Registration = {
      model: { fields: { ...given.model.fields, externalId: ofModel } },
      version: { ...given.version, fields: { ...given.version.fields, externalId: ofVersion } },
      artifacts: [{ kind: "metric", fields: { name: "m", value: 1, externalId: ofArtifact } }],
    };
    const first = await store.registerVersion(external);
    expect(await store.registerVersion(external)).toEqual({ ...first, created: false });
    expect(await store.get("modelVersion", { externalId: ofVersion })).toEqual(first.version);
    const other = registration();
    for (const [wrong, kind] of [
      [{ ...other, model: { fields: { ...other.model.fields, externalId: ofVersion } } }, "registeredModel"],
      [{ ...other, version: { fields: { name: "1", externalId: ofModel } } }, "modelVersion"],
      [{ ...other, artifacts: external.artifacts }, "metric"],
    ] as const) {
      await expect(store.registerVersion(wrong)).rejects.toMatchObject({
        reason: "ALREADY_EXISTS",
        data: { kind, field: "externalId" },
      });
    }
  });

  it("leaves nothing of a registration whose last artifact cannot be written", async () => {
    const { store } = under();
    const given = registration();
    const externalId = unique();
    await store.create("metric", { fields: { value: 1, externalId } });
    const artifacts = [...given.artifacts, { kind: "metric", fields: { name: "last", value: 1, externalId } }] as const;
    await expect(store.registerVersion({ ...given, artifacts })).rejects.toMatchObject({
      reason: "ALREADY_EXISTS",
      data: { kind: "metric", field: "externalId", value: externalId },
    });
    await expect(store.get("registeredModel", { name: given.model.fields.name as string })).rejects.toMatchObject({
      reason: "NOT_FOUND",
    });
  });

  it("resolves a version by name, by alias, and to the newest that is live and has files", async () => {
    const { store } = under();
    const name = unique();
    const one = await store.registerVersion(registration(name, "1"));
    const two = await store.registerVersion(registration(name, "2"));
    await store.registerVersion({ ...registration(name, "3"), artifacts: [] });
    const model = { name };
    expect(await store.resolveVersion({ model })).toEqual({
      model: one.model,
      version: two.version,
      artifact: two.artifacts[0],
      uri: `s3://models/${name}/2`,
    });
    expect(await store.resolveVersion({ model, version: "1" })).toMatchObject({
      version: one.version,
      uri: `s3://models/${name}/1`,
    });
    await store.setAlias({ registeredModelId: one.model.id, alias: "champion", modelVersionId: one.version.id });
    expect(await store.resolveVersion({ model: { id: one.model.id }, alias: "champion" })).toMatchObject({
      version: one.version,
    });

    await store.update("modelVersion", two.version.id, { fields: { state: "ARCHIVED" } });
    expect((await store.resolveVersion({ model })).version.name).toBe("1");
    expect((await store.resolveVersion({ model, version: "2" })).version.name).toBe("2");
    await store.update("artifact", one.artifacts[0]!.id, { fields: { state: "DELETED" } });
    await expect(store.resolveVersion({ model })).rejects.toMatchObject({
      reason: "NO_MODEL_ARTIFACT",
      data: { version: undefined },
    });
    await expect(store.resolveVersion({ model, version: "3" })).rejects.toMatchObject({
      reason: "NO_MODEL_ARTIFACT",
      data: { version: "3" },
    });
    for (const wrong of [{ model: { name: unique() } }, { model, version: "4" }, { model, alias: "none" }]) {
      await expect(store.resolveVersion(wrong)).rejects.toMatchObject({ reason: "NOT_FOUND" });
    }
  });

  it("moves an alias only from where it is expected, and lets one of 20 do so", async () => {
    const { store } = under();
    const name = unique();
    const versions = await Promise.all(["1", "2"].map((version) => store.registerVersion(registration(name, version))));
    const [one, two] = [versions[0]!.version.id, versions[1]!.version.id];
    const alias = { registeredModelId: versions[0]!.model.id, alias: "champion" };
    await expect(store.setAlias({ ...alias, modelVersionId: one }, { expected: two })).rejects.toMatchObject({
      reason: "ALIAS_MOVED",
      data: { alias: "champion", modelVersionId: undefined },
    });
    const first = await Promise.allSettled(
      Array.from({ length: 20 }, () => store.setAlias({ ...alias, modelVersionId: one }, { expected: null })),
    );
    expect(first.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const moved = await store.setAlias({ ...alias, modelVersionId: two }, { expected: one });
    expect(moved).toMatchObject({ ...alias, modelVersionId: two, version: "2" });
    expect(await store.listAliases(alias.registeredModelId)).toEqual([moved]);
    await expect(store.deleteAlias(alias, { expected: one })).rejects.toMatchObject({
      reason: "ALIAS_MOVED",
      data: { modelVersionId: two },
    });
    await store.deleteAlias(alias, { expected: two });
    await expect(store.deleteAlias(alias)).rejects.toMatchObject({ reason: "NOT_FOUND", data: { kind: "alias" } });
    expect(await store.listAliases(alias.registeredModelId)).toEqual([]);
  });

  it("refuses an alias to another model's version, and one that is not a DNS label", async () => {
    const { store } = under();
    const [one, other] = [await createParents(store), await createParents(store)];
    const alias = { registeredModelId: one.registeredModel!, alias: "champion", modelVersionId: one.modelVersion! };
    await expect(store.setAlias({ ...alias, modelVersionId: other.modelVersion! })).rejects.toMatchObject({
      reason: "INVALID",
    });
    await expect(store.setAlias({ ...alias, modelVersionId: "1".repeat(30) })).rejects.toMatchObject({
      reason: "NOT_FOUND",
    });
    for (const wrong of ["", "Champion", "a b", "-a", "a".repeat(64), "a\0"]) {
      await expect(store.setAlias({ ...alias, alias: wrong })).rejects.toMatchObject({ reason: "INVALID" });
    }
  });

  it("puts versions side by side", async () => {
    const { store } = under();
    const name = unique();
    const one = await store.registerVersion(registration(name, "1"));
    const given = registration(name, "2");
    const two = await store.registerVersion({
      ...given,
      artifacts: [{ kind: "metric", fields: { name: "accuracy", value: 0.99 } }],
    });
    const { versions, values } = await store.compare([one.version.id, two.version.id]);
    expect(versions).toEqual([one.version, two.version]);
    expect(values).toEqual([
      { section: "field", name: "state", values: ['"LIVE"', '"LIVE"'], differs: false },
      { section: "field", name: "author", values: ['"me"', '"me"'], differs: false },
      { section: "property", name: "stage", values: ['"test"', '"test"'], differs: false },
      { section: "metric", name: "accuracy", values: ["0.97", "0.99"], differs: true },
      { section: "parameter", name: "depth", values: ['"5"', undefined], differs: true },
      { section: "feature", name: "a", values: ['{"name":"a","unit":"s"}', '{"name":"a","unit":"s"}'], differs: false },
    ]);
    await expect(store.compare([one.version.id])).rejects.toMatchObject({ reason: "INVALID" });
    await expect(store.compare([one.version.id, "9007199254740993"])).rejects.toMatchObject({ reason: "NOT_FOUND" });
  });
}
