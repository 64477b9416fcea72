import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { errorReasons } from "../../src/registry/registry-error.ts";
import { readEnvironmentRegistry } from "../../src/sources/env.ts";
import { blocksOf, readPage } from "./snippets.ts";

const page = readPage("docs/CUSTOM-MODELS.md");

describe("the entries of docs/CUSTOM-MODELS.md", () => {
  test("are good as values of a chart", () => {
    const values = blocksOf(page, "yaml").find((text) => text.startsWith("kserve:"))!;
    const { models } = (parse(values) as { kserve: { models: unknown } }).kserve;
    const { entries, problems } = readEnvironmentRegistry(JSON.stringify(models), "self-healing-platform");
    expect(problems).toEqual([]);
    expect(entries.map(({ entry }) => entry.name)).toEqual(["anomaly-detector", "disk-failure-predictor"]);
  });

  test("are good as JSON", () => {
    const json = blocksOf(page, "json").find((text) => text.startsWith("["))!;
    expect(readEnvironmentRegistry(json, "self-healing-platform").problems).toEqual([]);
  });
});

test("docs/TROUBLESHOOTING.md helps with every reason that a caller can get", () => {
  const troubles = readPage("docs/TROUBLESHOOTING.md");
  const named = [...troubles.matchAll(/^\| `([A-Z_]+)`(?:, `([A-Z_]+)`)?/gm)].flatMap(([, ...reasons]) => reasons);
  const reasons = new Set(named.filter((reason) => reason !== undefined));
  // These say all there is to say themselves, or are no trouble.
  const plain = [
    "INVALID_PAGE_TOKEN",
    "SHUTTING_DOWN",
    "MODELS_NOT_LOADED",
    "CALLER_LEFT",
    "PREDICTIONS_NOT_A_TENSOR",
    "INTERNAL",
    "FEATURES_NOT_DECLARED",
  ];
  expect([...reasons].sort()).toEqual(errorReasons.filter((reason) => !plain.includes(reason)).sort());
});
