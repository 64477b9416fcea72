import { expect, it } from "vitest";
import type { PropertyValue } from "../../src/base/property-value.ts";
import type { CatalogModel } from "../../src/catalog/entries/entry.ts";
import { PropertyNumbers, restoreProperties } from "../../src/catalog/entries/property-numbers.ts";
import { readEntry } from "../../src/catalog/entries/read-entry.ts";

const long = "x".repeat(1000);
const value = {
  name: "a",
  customProperties: JSON.parse('{"__proto__": {"string_value": "x"}, "size": {"string_value": "1"}}'),
  artifacts: [
    {
      uri: "oci://a",
      customProperties: { size: { string_value: "1" }, one: { double_value: 1 }, int: { int_value: "1" } },
    },
    {
      uri: "oci://b",
      customProperties: {
        size: { string_value: "1" },
        yes: { bool_value: true },
        long: { string_value: long },
        struct: { struct_value: "e30=" },
      },
    },
  ],
};
const read = (assetType: "models" | "mcp_servers" = "models") =>
  structuredClone(readEntry(assetType, value, "s").entry!) as CatalogModel;

/** Sends entries as a thread does, each in a part of its own. */
function sent(entries: readonly CatalogModel[]): readonly CatalogModel[] {
  const numbers = new PropertyNumbers();
  const properties: PropertyValue[] = [];
  return entries.map((entry) => {
    numbers.replace(entry);
    const arrived = JSON.parse(JSON.stringify(entry)) as CatalogModel;
    properties.push(...(JSON.parse(JSON.stringify(numbers.takeNew())) as PropertyValue[]));
    restoreProperties(arrived, properties);
    return arrived;
  });
}

it("brings the properties of entries as they were, and shares equal ones", () => {
  const arrived = sent([read(), read()]);
  expect(arrived).toEqual([read(), read()]);
  for (const name of ["size", "one", "int", "yes"]) {
    const found = arrived.flatMap(({ artifacts }) =>
      artifacts.flatMap(({ customProperties }) => customProperties[name] ?? []),
    );
    expect(found.length, name).toBeGreaterThan(1);
    expect(new Set(found).size, name).toBe(1);
  }
});

it("remembers a bounded number of values, and brings them all", () => {
  const many = Array.from({ length: 30 }, (_, i): CatalogModel => {
    const properties = Array.from({ length: 500 }, (_, k) => [
      `p${k}`,
      { metadataType: "MetadataDoubleValue", double_value: i * 1000 + k },
    ]);
    return {
      id: String(i),
      name: `m${i}`,
      sourceId: "s",
      artifacts: [],
      customProperties: Object.fromEntries(properties),
    };
  });
  const expected = structuredClone(many);
  expect(sent(many)).toEqual(expected);
});

it("leaves a server alone, whose artifacts have no properties", () => {
  const server = { ...read("mcp_servers"), artifacts: [{ uri: "oci://a" }] } as never as CatalogModel;
  expect(sent([structuredClone(server)])).toEqual([server]);
});
