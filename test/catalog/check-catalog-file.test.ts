import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { checkCatalogFile } from "../../src/catalog/check-catalog-file.ts";

const fixture = (name: string): string => readFileSync(resolve(import.meta.dirname, "fixture", name), "utf8");
const problemsOf = (text: string): string[] =>
  checkCatalogFile(text)!.problems.map(
    ({ position: { line, column }, severity, message }) => `${line}:${column} ${severity} ${message}`,
  );

describe("the check of files of the catalog", () => {
  it("finds nothing in good ones", () => {
    expect(checkCatalogFile(fixture("lab.yaml"))).toEqual({ form: "catalog-models", entries: 3, problems: [] });
    expect(checkCatalogFile(fixture("tools.yaml"))).toEqual({ form: "catalog-servers", entries: 3, problems: [] });
    expect(
      checkCatalogFile("models:\n  - name: anomaly-detector\n    service: x\n    type: anomaly\n"),
    ).toBeUndefined();
    expect(checkCatalogFile('{"models": [{"name": "a", "url": "http://a", "provider": "x"}]}')).toBeUndefined();
  });

  it.each([
    ["YAML", "models:\n  - name: lab/a\n    license: mit\n"],
    ["YAML in brackets", "models: [{name: lab/a, tasks: [x]}]\n"],
    ["JSON", '{"models": [{"name": "lab/a", "artifacts": []}]}'],
    ["JSON on many lines", '{\n  "models": [\n    {\n      "name": "lab/a",\n      "readme": "x"\n    }\n  ]\n}\n'],
  ])("knows models of the catalog by what they have, in %s", (_, text) => {
    expect(checkCatalogFile(text)).toEqual({ form: "catalog-models", entries: 1, problems: [] });
  });

  it("names line and column of what is wrong with entries", () => {
    const text =
      "source: x\nmodels:\n  - name: a\n    license: 7\n    artifacts:\n      - uri: nowhere\n    colour: red\n  - name: b\n  - name: b\n";
    expect(problemsOf(text)).toEqual([
      "4:5 error a: license: expected a text, found a number; put it in quotes",
      expect.stringContaining("6:9 error a: artifacts[0].uri: expected a text of the form"),
      "7:5 warning a: colour: unknown field, not read",
      "9:5 error b: the name is used twice; line 8 has it already",
    ]);
  });

  it("names line and column of what is wrong with sources", () => {
    const text =
      "model_catalogs:\n  - id: a\n    name: A\n    type: yaml\n    includedModels: [x]\n    excludedModels: [X]\nlabel: 1\n";
    expect(problemsOf(text)).toEqual([
      '2:5 error source a: pattern "x" is both included and excluded',
      "7:1 error label: unknown field; did you mean labels?",
    ]);
  });
});
