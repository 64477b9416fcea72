import { expect, it } from "vitest";
import { Interner } from "../../src/catalog/entries/intern-entry.ts";
import { readEntry } from "../../src/catalog/entries/read-entry.ts";

const value = {
  name: "a",
  license: "mit",
  language: ["en"],
  customProperties: JSON.parse('{"__proto__": {"string_value": "x"}, "size": {"string_value": "1B"}}'),
  artifacts: [
    {
      uri: "oci://a",
      customProperties: { size: { string_value: "1B" }, one: { double_value: 1 }, int: { int_value: "1" } },
    },
    { uri: "oci://b", customProperties: { size: { string_value: "1B" }, yes: { bool_value: true } } },
  ],
};

it("shares equal values of properties and equal lists between entries, and changes nothing else", () => {
  const read = () =>
    structuredClone(readEntry("models", value, "s").entry!) as never as {
      language: string[];
      artifacts: { customProperties: Record<string, unknown> }[];
    };
  const interner = new Interner();
  const entries = [read(), read()];
  for (const entry of entries) interner.intern(entry as never);
  expect(entries).toEqual([read(), read()]);
  const sizes = entries.flatMap(({ artifacts }) => artifacts.map(({ customProperties }) => customProperties.size));
  expect(new Set(sizes).size).toBe(1);
  expect(new Set(entries.map(({ language }) => language)).size).toBe(1);
});
