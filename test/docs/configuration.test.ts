import { describe, expect, test } from "vitest";
import { startService } from "../../src/compose/service.ts";
import { commandVariableGroups, legacyVariables, variableGroups } from "../../src/config/config.ts";
import { parseModelEntry } from "../../src/registry/model-entry.ts";
import { readPage } from "./snippets.ts";

const page = readPage("docs/CONFIGURATION.md");

/** The names in the first column of the table under a heading. */
function rowsUnder(heading: string): string[] {
  const section = page.split(`\n${heading}\n`)[1]?.split(/\n#+ /)[0] ?? "";
  return [...section.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name!);
}

/** The fields that the reader of entries knows: it names them when it meets one that it does not. */
function knownFields(entry: object, field: string): string[] {
  const { problems } = parseModelEntry({ name: "x", service: "x", type: "anomaly", ...entry }, "ns");
  const problem = problems.find((candidate) => candidate.field === field);
  return /known are (.*)$/.exec(problem?.message ?? "")?.[1]?.split(", ") ?? [];
}

describe("docs/CONFIGURATION.md", () => {
  test.each([...variableGroups, ...commandVariableGroups])(
    "has every variable of the group $title",
    ({ title, variables }) => {
      expect(rowsUnder(`## ${title}`)).toEqual(Object.values(variables).map(({ name }) => name));
    },
  );

  test("has the legacy variables", () => {
    expect(rowsUnder("## Legacy variables")).toEqual(legacyVariables.map(({ name }) => name));
  });

  const unknown = { zzzzzzzzzzzzzzzz: 1 };
  test.each([
    ["## The models: `KSERVE_MODEL_REGISTRY`", unknown, "zzzzzzzzzzzzzzzz"],
    ["### `triggers`", { triggers: [unknown] }, "triggers[0].zzzzzzzzzzzzzzzz"],
    ["### `inputFeatures`", { inputFeatures: [unknown] }, "inputFeatures[0].zzzzzzzzzzzzzzzz"],
    ["### `outputFormat`", { outputFormat: unknown }, "outputFormat.zzzzzzzzzzzzzzzz"],
  ])("has every field under %s", (heading, entry, field) => {
    const known = knownFields(entry, field);
    expect(known.length).toBeGreaterThan(0);
    expect(rowsUnder(heading).sort()).toEqual(known.sort());
  });

  test("shows the exact error of a rejected configuration", async () => {
    const shown = /^error: kserve-model-registry cannot start\. (.*?)^```$/ms.exec(page)![1]!.trim();
    const entries = [
      { name: "anomaly-detector", service: "anomaly-detector-predictor", type: "anomoly" },
      { name: "disk-failure-predictor", service: "disk-failure-predictor", type: "predictive", inputFeature: ["iops"] },
    ];
    const env = { KSERVE_TIMEOUT: "10", KSERVE_MODEL_REGISTRY: JSON.stringify(entries) };
    await expect(startService(env)).rejects.toThrow(shown);
  });
});
