import { expect, it } from "vitest";
import { chosenLanguages } from "./chosen.ts";

const dayMs = 86_400_000;

it("are the quick ones and one of the slow ones, another each day, where none are named", () => {
  const days = [0, 1, 2].map((day) => chosenLanguages({}, day * dayMs));
  expect(days.map((one) => one.slice(0, 3))).toEqual(Array(3).fill(["go", "python", "grpc-js"]));
  expect(days.map((one) => one.slice(3))).toEqual([["java"], ["rust"], ["cpp"]]);
  expect(chosenLanguages({ LANGUAGES: "in-turn" }, 4.5 * dayMs)).toEqual(["rust"]);
});

it("are those that are named, or all", () => {
  expect(chosenLanguages({ LANGUAGES: "cpp,go" })).toEqual(["cpp", "go"]);
  expect(chosenLanguages({ LANGUAGES: "all" }).length).toBe(6);
  expect(() => chosenLanguages({ LANGUAGES: "go,perl" })).toThrow("perl");
});
