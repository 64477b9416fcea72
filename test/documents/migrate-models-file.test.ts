import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkModelsFile } from "../../src/documents/check-models-file.ts";
import { migrateModelsFile } from "../../src/documents/migrate-models-file.ts";
import { type FileForm, fileForms } from "../../src/documents/models-file.ts";
import { readModelsFile } from "../../src/documents/read-models-file.ts";
import { parseModelEntry } from "../../src/registry/model-entry.ts";
import { cases } from "../support/cases.ts";
import { sameModels } from "./forms.ts";

function migrate(text: string, form: FileForm, types = {}): string {
  const migration = migrateModelsFile(text, form, { configMapName: "kserve-model-registry", types });
  if ("problems" in migration) throw new Error(migration.problems.map(({ message }) => message).join("\n"));
  return migration.text;
}

/** The models of a text as the service would register them. */
function entriesOf(text: string) {
  const { models, settings, problems } = readModelsFile(text);
  expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
  return models.map(({ value }) => {
    const parsed = parseModelEntry(value, settings.namespace ?? "none");
    expect(parsed.problems).toEqual([]);
    return { ...parsed.entry!, port: parsed.entry!.port ?? (parsed.entry!.url ? undefined : settings.port) };
  });
}

const pairs = fileForms.flatMap((from) => fileForms.map((to) => [from, to] as const));

describe("migrateModelsFile", () => {
  it.each(pairs)("brings the models of %s to %s and loses none of their fields", (from, to) => {
    expect(entriesOf(migrate(sameModels[from], to))).toEqual(entriesOf(sameModels.list));
  });

  it.each(pairs)("changes nothing more when %s is brought to %s twice", (from, to) => {
    const once = migrate(sameModels[from], to);
    expect(migrate(once, to)).toBe(once);
  });

  it("keeps the line ends of Windows in values", () => {
    const lines = ["kserve:", "  # why", "  services:", "    anomaly_detector: a-predictor", "other: 1", ""];
    const windows = migrate(lines.join("\r\n"), "values");
    expect(windows).toBe(migrate(lines.join("\n"), "values").replaceAll("\n", "\r\n"));
    expect(migrate(windows, "values")).toBe(windows);
  });

  it.each(fileForms)("leaves a %s as it is when that is what is asked for", (form) => {
    expect(migrate(sameModels[form], form)).toBe(sameModels[form]);
  });

  it.each(pairs.filter(([from, to]) => ![from, to].some((form) => ["env", "list"].includes(form))))(
    "takes the comments of %s along to %s",
    (from, to) => {
      expect(migrate(sameModels[from], to)).toContain("# an isolation forest");
      if (from !== "model-registration") expect(migrate(sameModels[from], to)).toContain("# the first");
    },
  );

  it("brings any entry through every form and back", () => {
    const text = fc.oneof(
      fc.string({ minLength: 1, maxLength: 20, unit: "grapheme" }),
      fc.constantFrom("yes", "null", "1", "0x1f", "- a", "a: b", "'", '"', "#x", "line\nbreak", " padded ", "~", "@"),
    );
    const entries = fc.uniqueArray(
      fc.record(
        {
          name: fc.stringMatching(/^[a-z][a-z0-9-]{0,10}[a-z]$/),
          service: fc.constantFrom("a-predictor", "plain"),
          type: fc.constantFrom("anomaly", "predictive", "classification"),
          namespace: fc.constantFrom("a", "b"),
          description: text,
          model: fc.constantFrom("m", "1", "true"),
          timeout: fc.constantFrom("5s", "1500ms"),
          triggers: fc.array(text, { maxLength: 2 }),
          inputFeatures: fc.uniqueArray(
            fc.oneof(
              text.map((name) => ({ name })),
              fc.record({ name: text, type: fc.constant("string"), unit: text }),
            ),
            { maxLength: 3, selector: ({ name }) => name },
          ),
          remediationActions: fc.array(
            fc.record({ type: text, level: fc.double({ noNaN: true, noDefaultInfinity: true }) }),
            { maxLength: 2 },
          ),
        },
        { requiredKeys: ["name", "service", "type"] },
      ),
      { selector: ({ name }) => name, minLength: 1, maxLength: 3 },
    );
    fc.assert(
      fc.property(entries, fc.shuffledSubarray([...fileForms]), (list, way) => {
        const first = JSON.stringify(list);
        const last = way.reduce((at, form) => migrate(at, form), first);
        expect(entriesOf(last)).toEqual(entriesOf(first));
      }),
      { numRuns: cases(300) },
    );
  });

  it("makes a list of the services of Helm values and touches no other line", () => {
    const values = `unrelated: 1   # as it was
coordinationEngine:
  kserve:
    enabled:   true

    # what is called
    services:
      # the first
      anomaly_detector: "anomaly-detector-predictor"  # a forest
      predictive_analytics: "predictive-analytics-predictor"
    namespace: ops # where
other: [a,   b]
`;
    expect(migrate(values, "values")).toBe(`unrelated: 1   # as it was
coordinationEngine:
  kserve:
    enabled:   true

    # what is called
    models:
      # the first
      - name: anomaly-detector
        service: anomaly-detector-predictor # a forest
        type: anomaly
      - name: predictive-analytics
        service: predictive-analytics-predictor
        type: predictive
    namespace: ops # where
other: [a,   b]
`);
  });

  it.each([
    [
      "behind the models that are there",
      "kserve:\n  models:\n  - name: a\n    service: a\n    type: anomaly\n  services: {anomaly_detector: s}",
      "kserve:\n  models:\n  - name: a\n    service: a\n    type: anomaly\n  - name: anomaly-detector\n    service: s\n    type: anomaly\n",
    ],
    [
      "in front of the models that are there",
      "kserve:\n  services: {anomaly_detector: s}\n  models:\n    - name: a\n      service: a\n      type: anomaly",
      "kserve:\n  models:\n    - name: a\n      service: a\n      type: anomaly\n    - name: anomaly-detector\n      service: s\n      type: anomaly\n",
    ],
    [
      "instead of an empty list",
      "kserve:\n  models: []\n  services:\n    anomaly_detector: s\n",
      "kserve:\n  models:\n    - name: anomaly-detector\n      service: s\n      type: anomaly\n",
    ],
    ["with nothing in it", "kserve:\n  services: {}\n  namespace: x\n", "kserve:\n  services: {}\n  namespace: x\n"],
  ])("puts services %s", (_, values, expected) => {
    expect(migrate(values, "values")).toBe(expected);
    expect(migrate(expected, "values")).toBe(expected);
  });

  it("makes a registry of the older variables, with the port that they share", () => {
    const env = `KSERVE_ANOMALY_DETECTOR_SERVICE=anomaly-detector-predictor
export KSERVE_DISKS_SERVICE="disks-predictor"
KSERVE_DISKS_MODEL='disk_v2'
KSERVE_PREDICTOR_PORT=8080
`;
    const migrated = migrate(env, "env", { disks: "predictive" });
    expect(migrated).toBe(`KSERVE_PREDICTOR_PORT=8080
KSERVE_MODEL_REGISTRY='[{"name":"anomaly-detector","service":"anomaly-detector-predictor","type":"anomaly"},{"name":"disks","service":"disks-predictor","model":"disk_v2","type":"predictive"}]'
`);
    const [first] = entriesOf(migrate(env, "config-map", { disks: "predictive" }));
    expect(first).toMatchObject({ name: "anomaly-detector", port: 8080 });
  });

  it("asks for the type of a model whose form has none", () => {
    expect(() => migrate("kserve:\n  services:\n    disks: d\n", "values")).toThrow(
      "kserve.services.disks: its format has no type; set it with --type disks=anomaly, predictive or classification",
    );
  });

  it("names the errors of a file instead of bringing them along", () => {
    expect(() => migrate("models:\n  - name: a\n", "config-map")).toThrow("models[0] (a): service: missing");
  });

  it("writes what it reads without errors itself", () => {
    for (const form of fileForms) {
      const written = migrate(sameModels.values, form);
      expect(checkModelsFile(readModelsFile(written)), form).toEqual([]);
    }
  });
});
