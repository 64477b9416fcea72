import { expect, it } from "vitest";
import { shortName } from "../../../src/predict/json/short-names.ts";

const nameOf = (text: string): string | undefined => {
  const bytes = Buffer.from(`{"${text}":1}`);
  return shortName(bytes, 2, bytes.length - 4);
};

it("a short name is read, again and again", () => {
  for (let i = 0; i < 3; i++)
    for (const name of ["", "a", "model_name", "x".repeat(24)]) expect(nameOf(name)).toBe(name);
});

it("thousands of different names are distinguished", () => {
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 5000; i++) expect(nameOf(`n${i}`)).toBe(`n${i}`);
  }
});

it.each(["x".repeat(25), "a\\u0062", "é"])("%s is left to others", (name) => {
  expect(nameOf(name)).toBeUndefined();
});
