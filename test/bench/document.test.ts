import { expect, it } from "vitest";
import { replacePart } from "../../measure/document.ts";
import { figure, table } from "../../measure/table.ts";

const document = "# Title\n\n<!-- bench:cpu -->\nold\n<!-- /bench:cpu -->\n\nText.\n";

it("replaces only the text between the markers", () => {
  const replaced = "# Title\n\n<!-- bench:cpu -->\n\nnew\n\n<!-- /bench:cpu -->\n\nText.\n";
  expect(replacePart(document, "cpu", "\nnew\n")).toBe(replaced);
  expect(replacePart(replaced, "cpu", "new")).toBe(replaced);
});

it.each([
  ["missing", "# Title\n"],
  ["not closed", "<!-- bench:cpu -->\n"],
  ["in the wrong order", "<!-- /bench:cpu -->\n<!-- bench:cpu -->\n"],
  ["there twice", document + document],
])("refuses a document where the markers are %s", (_, text) => {
  expect(() => replacePart(text, "cpu", "new")).toThrow("<!-- bench:cpu -->");
});

it("writes a table, with figures on the right", () => {
  expect(table(["case", "µs"], [["one", "1"]], [1])).toBe("| case | µs |\n| --- | ---: |\n| one | 1 |");
});

it.each([
  [41_172.4, "41,172"],
  [118.6, "119"],
  [37.46, "37.5"],
  [9.876, "9.88"],
  [Number.NaN, "–"],
])("writes %d as %s", (value, text) => {
  expect(figure(value)).toBe(text);
});
