import { expect, it } from "vitest";
import type { CatalogModel } from "../../src/catalog/entries/entry.ts";
import { Interner } from "../../src/catalog/entries/intern-entry.ts";
import { readEntry } from "../../src/catalog/entries/read-entry.ts";

const value = { name: "a", license: "mit", language: ["en"], artifacts: [{ uri: "oci://a" }, { uri: "oci://b" }] };

it("shares equal lists between entries, and changes nothing else", () => {
  const read = () => structuredClone(readEntry("models", value, "s").entry!) as CatalogModel;
  const interner = new Interner();
  const entries = [read(), read()];
  for (const entry of entries) interner.intern(entry);
  expect(entries).toEqual([read(), read()]);
  expect(new Set(entries.map(({ language }) => language)).size).toBe(1);
});
