import { describe, expect, it } from "vitest";
import { parseModelEntry } from "../../../src/registry/model-entry.ts";
import { type ObjectEntry, OldestWins } from "../../../src/sources/kube/oldest-wins.ts";

function good(name: string, namespace: string, created: string): ObjectEntry {
  const { entry } = parseModelEntry({ name, type: "anomaly", url: "http://models.example" }, namespace);
  return { created, located: { entry: entry!, location: `${namespace}/${name}` } };
}

function bad(name: string, namespace: string): ObjectEntry {
  const location = `${namespace}/${name}`;
  return { created: "2020", refused: { name, location, problems: [{ field: "type", message: "missing" }] } };
}

function held(objects: OldestWins): { entries: string[]; refused: string[] } {
  const { entries, refused } = objects.snapshot();
  return { entries: entries.map((one) => one.location).sort(), refused: refused.map((one) => one.location).sort() };
}

describe("objects of the same name", () => {
  const [first, second, third] = [good("a", "x", "2021"), good("a", "y", "2022"), good("a", "z", "2023")];

  it.each([[[first, second, third]], [[third, second, first]], [[second, third, first]]])(
    "go to the older, in whatever order they come",
    (order) => {
      const objects = new OldestWins();
      for (const object of order) objects.change(object, undefined);
      expect(held(objects)).toEqual({ entries: ["x/a"], refused: ["y/a", "z/a"] });
      objects.change(undefined, first);
      expect(held(objects)).toEqual({ entries: ["y/a"], refused: ["z/a"] });
      objects.change(undefined, third);
      expect(held(objects)).toEqual({ entries: ["y/a"], refused: [] });
      objects.change(undefined, second);
      expect(held(objects)).toEqual({ entries: [], refused: [] });
    },
  );

  it("go by the namespace when they are of the same second", () => {
    const objects = new OldestWins();
    objects.change(good("a", "y", "2021"), undefined);
    objects.change(good("a", "x", "2021"), undefined);
    expect(held(objects).entries).toEqual(["x/a"]);
  });

  it("leave the name to the next while the oldest is bad, and give it back", () => {
    const objects = new OldestWins();
    const spoiled = bad("a", "x");
    objects.change(first, undefined);
    objects.change(second, undefined);
    objects.change(spoiled, first);
    expect(held(objects)).toEqual({ entries: ["y/a"], refused: ["x/a"] });
    objects.change(first, spoiled);
    expect(held(objects)).toEqual({ entries: ["x/a"], refused: ["y/a"] });
  });

  it("leave a name that one of them gives up", () => {
    const objects = new OldestWins();
    objects.change(first, undefined);
    objects.change(second, undefined);
    objects.change(good("b", "x", "2021"), first);
    expect(held(objects)).toEqual({ entries: ["x/b", "y/a"], refused: [] });
  });
});
