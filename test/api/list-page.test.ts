import { describe, expect, it } from "vitest";
import { listPage } from "../../src/api/list-page.ts";
import { parseModelEntry } from "../../src/registry/model-entry.ts";
import { type ModelFilter, Registry } from "../../src/registry/registry.ts";
import { RegistryError } from "../../src/registry/registry-error.ts";
import { applyEntries } from "../support/apply-entries.ts";

function registryOf(names: readonly string[]): Registry {
  const registry = new Registry({ urlFormat: "http://{service}.{namespace}", defaultPort: undefined });
  apply(registry, names);
  return registry;
}

function apply(registry: Registry, names: readonly string[]): void {
  applyEntries(
    registry,
    "environment",
    names.map((name, i) => {
      const type = i % 2 === 0 ? "anomaly" : "predictive";
      const triggers = i === 0 ? ["spike", { type: "metric-threshold", metric: "disk", threshold: 1 }] : [];
      const { entry } = parseModelEntry({ name, service: name, type, triggers, namespace: i < 3 ? "a" : "b" }, "x");
      return { entry: entry!, location: `T[${i}]` };
    }),
  );
}

const names = ["m0", "m1", "m2", "m3", "m4", "m5"];

function allPages(registry: Registry, filter: ModelFilter, size: number): string[][] {
  const pages: string[][] = [];
  let token = "";
  do {
    const page = listPage(registry.snapshot, filter, size, token);
    pages.push(page.models.map(({ name }) => name));
    token = page.nextPageToken;
  } while (token !== "");
  return pages;
}

describe("listPage", () => {
  it.each<[number, string[][]]>([
    [0, [names]],
    [
      2,
      [
        ["m0", "m1"],
        ["m2", "m3"],
        ["m4", "m5"],
      ],
    ],
    [
      4,
      [
        ["m0", "m1", "m2", "m3"],
        ["m4", "m5"],
      ],
    ],
    [6, [names]],
  ])("in pages of %i gives every model once", (size, expected) => {
    expect(allPages(registryOf(names), {}, size)).toEqual(expected);
  });

  it.each<[ModelFilter, string[]]>([
    [{ type: "predictive" }, ["m1", "m3", "m5"]],
    [{ namespace: "b" }, ["m3", "m4", "m5"]],
    [{ type: "anomaly", namespace: "b" }, ["m4"]],
    [{ trigger: "spike" }, ["m0"]],
    [{ trigger: "metric-threshold" }, ["m0"]],
    [{ trigger: "disk" }, ["m0"]],
    [{ namespace: "c" }, []],
  ])("filters by %j", (filter, expected) => {
    const page = listPage(registryOf(names).snapshot, filter, 1000, "");
    expect(page.models.map(({ name }) => name)).toEqual(expected);
    expect(page.totalSize).toBe(expected.length);
  });

  it("takes 50 for no size, and 1,000 for more", () => {
    const many = registryOf(Array.from({ length: 1200 }, (_, i) => `m${String(i).padStart(4, "0")}`));
    expect(listPage(many.snapshot, {}, 0, "").models).toHaveLength(50);
    expect(listPage(many.snapshot, {}, 5000, "").models).toHaveLength(1000);
  });

  it("continues after the last name, although models are added and removed between pages", () => {
    const registry = registryOf(names);
    const { nextPageToken } = listPage(registry.snapshot, {}, 3, "");
    apply(registry, ["a0", "m1", "m3", "m6"]);
    expect(listPage(registry.snapshot, {}, 3, nextPageToken).models.map(({ name }) => name)).toEqual(["m3", "m6"]);
  });

  it.each<[string, number, string, string]>([
    ["a negative size", -1, "", "page_size: -1 must be 0 or more"],
    ["a token that is none", 0, "abc", "page_token was not given by this server"],
    [
      "a token with something behind it",
      0,
      `${listPage(registryOf(names).snapshot, {}, 1, "").nextPageToken}!`,
      "page_token",
    ],
    [
      "a token of other filters",
      0,
      listPage(registryOf(names).snapshot, { type: "anomaly" }, 1, "").nextPageToken,
      "given for other filters",
    ],
  ])("refuses %s", (_name, size, token, message) => {
    const run = () => listPage(registryOf(names).snapshot, {}, size, token);
    expect(run).toThrow(RegistryError);
    expect(run).toThrow(message);
  });
});
