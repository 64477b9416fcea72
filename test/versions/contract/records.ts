import { beforeAll, describe, expect, it } from "vitest";
import type { KindName } from "../../../src/versions/kinds/kinds.ts";
import { kindNames, kinds } from "../../../src/versions/kinds/kinds.ts";
import { recordToJson } from "../../../src/versions/record-json.ts";
import {
  allFields,
  contentOf,
  createParents,
  type Parents,
  requiredFields,
  sampleProperties,
} from "../support/sample-records.ts";
import { type StoreUnderTest, unique } from "../support/store-under-test.ts";

const hostile = [
  `'; DROP TABLE kmr_registered_model; --`,
  `" OR 1=1`,
  "`back` `tick` \\x \\",
  "100%_[a-z]*?!",
  "line\nbreak\ttab\u0001\u007f",
  "$1 ? :name @p",
  "é e\u0301 ß ﷽ \u202e",
  "null",
  "💥👩‍👩‍👧",
  " spaces ",
];

/** That every kind keeps what it is given, to the letter. */
export function describeRecords(under: () => StoreUnderTest): void {
  let parents: Parents;
  beforeAll(async () => {
    parents = await createParents(under().store);
  });

  describe.each(kindNames)("a %s", (kind) => {
    it("is read back by id, name and external id as it was created", async () => {
      const { store } = under();
      const fields = allFields(kind, parents);
      const created = await store.create(kind, { fields, properties: sampleProperties });
      expect(contentOf(created)).toEqual({ fields, properties: sampleProperties });
      expect(created).toMatchObject({ kind, revision: 1, updateTime: created.createTime });
      expect(Math.abs(created.createTime - Date.now())).toBeLessThan(60_000);

      const parent = kinds[kind].uniqueWithin;
      const parentId = parent === undefined ? {} : { parentId: fields[parent] as string };
      expect(await store.get(kind, { id: created.id })).toEqual(created);
      expect(await store.get(kind, { name: created.name, ...parentId })).toEqual(created);
      expect(await store.get(kind, { externalId: fields.externalId as string })).toEqual(created);
      const page = await store.list(kind, { pageSize: 10, where: { name: created.name } });
      expect(page).toEqual({ records: [created], nextPageToken: "" });
    });

    it.each([false, true])("is written in a page as it is alone, for the alpha version: %s", async (isAlpha) => {
      const { store } = under();
      const fields = allFields(kind, parents);
      const created = await store.create(kind, { fields, properties: sampleProperties });
      const { name } = created;
      const least = await store.create(kind, { fields: requiredFields(kind, parents) });
      for (const record of [created, least]) {
        const where = { name: record.name };
        const { items, ...page } = await store.listJson(kind, { pageSize: 10, where }, { isAlpha });
        expect(JSON.parse(items.join(""))).toEqual(JSON.parse(recordToJson(record, { isAlpha })));
        expect(page).toEqual({ size: 1, nextPageToken: "" });
      }
      const filter = `name IN ('${name}', '${least.name}')`;
      const first = await store.listJson(kind, { pageSize: 1, filter }, { isAlpha });
      const query = { pageSize: 1, filter, pageToken: first.nextPageToken };
      const [one, two] = [first, await store.listJson(kind, query, { isAlpha })].map(({ items }) =>
        JSON.parse(items.join("")),
      );
      expect([one.id, two.id]).toEqual([created.id, least.id]);
      const { items } = await store.listJson(kind, { pageSize: 9, filter }, { isAlpha });
      expect(JSON.parse(`[${items.join("")}]`)).toEqual([one, two]);
    });

    it("has the defaults of its kind where nothing is given", async () => {
      const { store } = under();
      const { name: _, ...fields } = requiredFields(kind, parents);
      const named = kinds[kind].name === "required";
      const created = await store.create(kind, { fields: named ? { ...fields, name: unique() } : fields });
      for (const field of kinds[kind].fields.filter((one) => one.default !== undefined)) {
        expect(created.fields[field.name]).toBe(field.default);
      }
      if (!named) expect(created.name).toMatch(/^[0-9a-f-]{36}$/);
      expect(created.properties).toBe("{}");
      expect(await store.get(kind, { id: created.id })).toEqual(created);
    });

    it("keeps every field that an update leaves out, and unsets what it says", async () => {
      const { store } = under();
      const fields = allFields(kind, parents);
      const before = await store.create(kind, { fields, properties: sampleProperties });
      const described = await store.update(kind, before.id, { fields: { description: "new" } });
      expect(described).toMatchObject({
        ...before,
        revision: 2,
        updateTime: described.updateTime,
        fields: { ...before.fields, description: "new" },
      });
      expect(await store.get(kind, { id: before.id })).toEqual(described);

      const changeable = kinds[kind].fields.filter(
        ({ mutable, required, name }) => mutable && !required && name !== "externalId",
      );
      const nulls = Object.fromEntries(changeable.map(({ name }) => [name, null]));
      const cleared = await store.update(kind, before.id, { fields: nulls, properties: {} });
      for (const { name, default: value } of changeable) expect(cleared.fields[name]).toBe(value);
      expect(cleared).toMatchObject({ properties: "{}", revision: 3, createTime: before.createTime });
      expect(await store.get(kind, { id: before.id })).toEqual(cleared);
    });

    it("refuses what its description does not allow, with every fault at once", async () => {
      const { store } = under();
      const field = kinds[kind].parents.find(({ required }) => required);
      const fields = { ...requiredFields(kind, parents), nonsense: "x", description: 5, id: "7" };
      const properties = { n: { metadataType: "MetadataIntValue", int_value: "2147483648" } } as const;
      const given = field === undefined ? fields : { ...fields, [field.name]: "" };
      const violations = [
        ...(field === undefined ? [] : [expect.objectContaining({ field: field.name, problem: "required" })]),
        expect.objectContaining({ field: "nonsense", problem: "unknown" }),
        expect.objectContaining({ field: "description", problem: "type" }),
        expect.objectContaining({ field: "id", problem: "immutable" }),
        expect.objectContaining({ field: "customProperties.n.int_value", problem: "value" }),
      ];
      await expect(store.create(kind, { fields: given, properties })).rejects.toMatchObject({
        reason: "INVALID",
        data: { kind, violations: expect.arrayContaining(violations) },
      });
    });

    it("is not found by an id that no record has", async () => {
      const { store } = under();
      for (const id of ["9223372036854775807", "0", "-1", "1abc", "1 OR 1=1", "", "1".repeat(30), "1.0", "\0"]) {
        await expect(store.get(kind, { id })).rejects.toMatchObject({ reason: "NOT_FOUND" });
        await expect(store.update(kind, id, { fields: {} })).rejects.toMatchObject({ reason: "NOT_FOUND" });
        await expect(store.delete(kind, id)).rejects.toMatchObject({ reason: "NOT_FOUND" });
      }
    });

    it("can be deleted once nothing refers to it", async () => {
      const { store } = under();
      const { id } = await store.create(kind, { fields: allFields(kind, parents), properties: sampleProperties });
      await store.delete(kind, id);
      await expect(store.get(kind, { id })).rejects.toMatchObject({ reason: "NOT_FOUND" });
    });

    const references = kinds[kind].parents.map(({ name }) => name);
    it.skipIf(references.length === 0)("is refused where a record that it refers to does not exist", async () => {
      const { store } = under();
      for (const name of references) {
        const fields = { ...allFields(kind, parents), [name]: "9007199254740993" };
        await expect(store.create(kind, { fields })).rejects.toMatchObject({
          reason: "PARENT_NOT_FOUND",
          data: { kind, field: name, id: "9007199254740993" },
        });
      }
    });
  });

  it.each(hostile)("keeps the text %j wherever it stands", async (text) => {
    const { store } = under();
    const name = `${text} ${unique()}`;
    const properties = { [text]: { metadataType: "MetadataStringValue", string_value: text } } as const;
    const fields = { name, externalId: `${name}x`, description: text, owner: text, logo: text, language: [text] };
    const created = await store.create("registeredModel", { fields, properties });
    expect(contentOf(await store.get("registeredModel", { name }))).toEqual({
      fields: { ...fields, state: "LIVE" },
      properties,
    });
    const quoted = `"${text.replace(/[\\"]/g, "\\$&")}"`;
    const filter = `owner = ${quoted} AND description = ${quoted} AND id = ${created.id}`;
    expect((await store.list("registeredModel", { pageSize: 9, filter })).records).toHaveLength(1);
    if (!text.includes("`")) {
      const byKey = `\`${text}\`.string_value = ${quoted} AND id = ${created.id}`;
      expect((await store.list("registeredModel", { pageSize: 9, filter: byKey })).records).toHaveLength(1);
    }
  });

  it("tells names apart that only look or sort alike", async () => {
    const { store } = under();
    const stem = unique();
    const names = ["my_model", "my-model", "my%model", "a", "a ", "A", "é", "e\u0301", "ß", "ss", "ſ", "ı", "i"].map(
      (name) => `${stem}${name}`,
    );
    const ids = new Map<string, string>();
    for (const name of names) ids.set(name, (await store.create("registeredModel", { fields: { name } })).id);
    for (const name of names) expect((await store.get("registeredModel", { name })).id).toBe(ids.get(name));
    await expect(store.get("registeredModel", { name: `${stem}my.model` })).rejects.toMatchObject({
      reason: "NOT_FOUND",
    });
  });

  it.each(kindNames)("holds texts of a %s up to their limits, of four bytes a character", async (kind) => {
    const { store } = under();
    const fields: Record<string, string | readonly string[] | number> = allFields(kind, parents);
    const salt = unique();
    const texts = kinds[kind].fields.filter(
      ({ type, serverMade }) => (type === "string" || type === "uri") && !serverMade,
    );
    for (const { name, limit } of texts) fields[name] = salt + "💥".repeat(limit - salt.length);
    const created = await store.create(kind, { fields });
    expect(await store.get(kind, { id: created.id })).toEqual(created);
    for (const { name } of texts) {
      const over = { ...requiredFields(kind, parents), [name]: `${fields[name]}x` };
      await expect(store.create(kind, { fields: over })).rejects.toMatchObject({
        reason: "INVALID",
        data: { violations: [{ field: name, problem: "too_long" }] },
      });
    }
  });

  it("holds properties up to their limits", async () => {
    const { store } = under();
    const key = "💥".repeat(255);
    const text = "💥".repeat(65_536);
    const properties = {
      [key]: { metadataType: "MetadataStringValue", string_value: text },
      max: { metadataType: "MetadataIntValue", int_value: "2147483647" },
    } as const;
    const { id } = await store.create("registeredModel", { fields: { name: unique() }, properties });
    expect(contentOf(await store.get("registeredModel", { id })).properties).toEqual(properties);
    for (const wrong of [
      { [`${key}x`]: properties.max },
      { key: { ...properties[key]!, string_value: `${text}x` } },
      { "": properties.max },
    ]) {
      await expect(store.update("registeredModel", id, { fields: {}, properties: wrong })).rejects.toMatchObject({
        reason: "INVALID",
      });
    }
    const many = Object.fromEntries(Array.from({ length: 1024 }, (_, i) => [`key${i}`, properties.max]));
    await store.update("registeredModel", id, { fields: {}, properties: many });
    expect(contentOf(await store.get("registeredModel", { id })).properties).toEqual(many);
    await expect(
      store.update("registeredModel", id, { fields: {}, properties: { ...many, one: properties.max } }),
    ).rejects.toMatchObject({ data: { violations: [{ problem: "too_many" }] } });
  });

  it.each(["a\0b", "\ud800", "x\udfff"])("refuses the text %j, which no database could give back", async (text) => {
    const { store } = under();
    const kind: KindName = "registeredModel";
    const property = { metadataType: "MetadataStringValue", string_value: text } as const;
    for (const record of [
      { fields: { name: text } },
      { fields: { name: unique(), externalId: text } },
      { fields: { name: unique(), language: ["en", text] } },
      { fields: { name: unique() }, properties: { [text]: { ...property, string_value: "" } } },
      { fields: { name: unique() }, properties: { key: property } },
    ]) {
      await expect(store.create(kind, record)).rejects.toMatchObject({
        reason: "INVALID",
        data: { violations: [{ problem: "text" }] },
      });
    }
    await expect(store.get(kind, { name: text })).rejects.toMatchObject({ reason: "NOT_FOUND" });
    await expect(store.get(kind, { externalId: text })).rejects.toMatchObject({ reason: "NOT_FOUND" });
    await expect(store.list(kind, { pageSize: 1, filter: `name = "${text}"` })).rejects.toMatchObject({
      reason: "INVALID_FILTER",
    });
    expect(await store.list(kind, { pageSize: 1, where: { name: text } })).toEqual({ records: [], nextPageToken: "" });
  });
}
