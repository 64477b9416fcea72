import { describe, expect, it } from "vitest";
import { checkModelsFile } from "../../src/documents/check-models-file.ts";
import { fileForms } from "../../src/documents/models-file.ts";
import { readModelsFile } from "../../src/documents/read-models-file.ts";
import { readModelsDocument } from "../../src/sources/models-document.ts";
import { badDocuments, badEntries, documentWith, goodDocuments } from "../support/documents-table.ts";
import { sameModels } from "./forms.ts";

/** `line:column severity message` of every problem. */
function check(text: string): string[] {
  return checkModelsFile(readModelsFile(text)).map(
    ({ position: { line, column }, severity, message }) => `${line}:${column} ${severity} ${message}`,
  );
}

describe("checkModelsFile", () => {
  it.each(fileForms)("finds nothing wrong with a good %s", (form) => {
    const file = readModelsFile(sameModels[form]);
    expect(file.form).toBe(form);
    expect(file.models).toHaveLength(2);
    expect(checkModelsFile(file)).toEqual([]);
  });

  it.each([
    ["an empty file", "", "1:1 error is empty; expected a list of models"],
    ["a file of another kind", "a: 1\n", "1:1 error expected a list of models"],
    ["broken YAML", "models:\n  - name: [\n", "3:1 error not YAML: "],
    ["a key that is there twice", "models: []\nmodels: []\n", "2:1 error the key models is repeated"],
    [
      "models that are not a list",
      "models: {}\n",
      "1:9 error expected models: [...], a list of entries; found something else",
    ],
    [
      "an unknown field",
      "models:\n  - name: a\n    service: a\n    typ: anomaly\n    type: anomaly\n",
      "4:5 error models[0] (a): typ: unknown field; did you mean type?",
    ],
    ["a missing field", "models:\n  - name: a\n    type: anomaly\n", "2:5 error models[0] (a): service: missing"],
    [
      "a field deep inside",
      '[{"name": "a", "service": "a", "type": "anomaly",\n  "inputFeatures": ["x", {"name": "y", "type": "numbr"}]}]',
      '2:40 error [0] (a): inputFeatures[1].type: expected number, integer, boolean or string; found "numbr"',
    ],
    [
      "a name that is used twice",
      "models:\n  - {name: a, service: a, type: anomaly}\n  - {name: a, service: b, type: anomaly}\n",
      "3:6 error models[1]: the name a is used twice; line 2 has it already",
    ],
    [
      "a name that is used twice in one namespace, beside one of another",
      "models:\n  - {name: a, namespace: x, service: a, type: anomaly}\n  - {name: a, namespace: y, service: a, type: anomaly}\n  - {name: a, namespace: y, service: b, type: anomaly}\n",
      "4:6 error models[2]: the name a is used twice; line 3 has it already",
    ],
    [
      "an entry of a ConfigMap",
      sameModels["config-map"].replace("type: predictive", "type: predictve"),
      "16:9 error models[1] (disks): type: expected anomaly, predictive or classification",
    ],
    ["a ConfigMap without models.yaml", "kind: ConfigMap\ndata: {a: b}\n", "2:1 error data has no models.yaml"],
    [
      "a ModelRegistration, by its own names",
      sameModels["model-registration"].replace("modelType: predictive", "modelType: x"),
      '18:3 error ModelRegistration disks: spec.modelType: expected anomaly, predictive or classification; found "x"',
    ],
    [
      "a ModelRegistration that the service would refuse",
      sameModels["model-registration"].replace(
        "  kserveInferenceService: disks\n",
        "  kserveInferenceService: disks\n  service: disks\n  url: http://disks.example\n",
      ),
      "16:3 error ModelRegistration disks: spec.kserveInferenceService: expected exactly one of",
    ],
    [
      "a ModelRegistration with the field of another form",
      sameModels["model-registration"].replace("modelType: predictive", "modelType: predictive\n  type: predictive"),
      "19:3 error ModelRegistration disks: spec.type: unknown field; did you mean modelType?",
    ],
    [
      "the older services",
      "kserve:\n  services:\n    anomaly_detector: UPPER\n",
      "3:23 error kserve.services.anomaly_detector (anomaly-detector): service: expected a DNS label",
    ],
    [
      "a registry variable",
      'A=1\nKSERVE_MODEL_REGISTRY=[{"name":"a","type":"anomaly"}]\n',
      "2:24 error KSERVE_MODEL_REGISTRY[0] (a): service: missing",
    ],
    ["JSON of a variable that is broken", "KSERVE_MODEL_REGISTRY=[{\n", "1:23 error KSERVE_MODEL_REGISTRY: not JSON"],
    [
      "YAML where JSON is expected",
      "KSERVE_MODEL_REGISTRY=[{name: a}]\n",
      "1:23 error KSERVE_MODEL_REGISTRY: not JSON",
    ],
    ["variables without models", "PORT=1\n", "1:1 error sets neither KSERVE_MODEL_REGISTRY nor a KSERVE_<X>_SERVICE"],
    [
      "aliases of aliases",
      `a: &a [x, x]\n${[..."bcdefgh"].map((c, i) => `${c}: &${c} [${Array(9).fill(`*${"abcdefg"[i]}`).join(", ")}]`).join("\n")}\nmodels: *h\n`,
      "error models[0]: holds more than 20000 values when its aliases are written out",
    ],
  ])("names %s", (_, text, expected) => {
    expect(check(text).join("\n")).toContain(expected);
  });

  it.each([
    [
      "services of Helm values",
      "kserve:\n  services:\n    anomaly_detector: a\n",
      "2:3 warning kserve.services is deprecated",
    ],
    ["older variables", "KSERVE_FOO_SERVICE=foo\n", "1:1 warning KSERVE_FOO_SERVICE is deprecated"],
    [
      "older variables beside the registry",
      `KSERVE_FOO_SERVICE=foo\n${sameModels.env}`,
      "1:1 warning KSERVE_FOO_SERVICE is ignored",
    ],
  ])("warns about %s", (_, text, expected) => {
    expect(check(text)).toHaveLength(1);
    expect(check(text)[0]).toContain(expected);
  });

  it("reads the manifests of models out of all that a chart renders", () => {
    const rendered = `kind: Service\n---\n${sameModels["config-map"]}---\nkind: Deployment\n`;
    expect(readModelsFile(rendered)).toMatchObject({ form: "config-map", models: { length: 2 } });
    const list = `kind: List\nitems:\n${sameModels["model-registration"]
      .split("---\n")
      .map((item) => `- ${item.trimEnd().replaceAll("\n", "\n  ")}\n`)
      .join("")}`;
    expect(readModelsFile(list)).toMatchObject({ form: "model-registration", models: { length: 2 } });
  });
});

describe("checkModelsFile and the service", () => {
  const indented = (text: string): string => `    ${text.replace("\ufeff", "").replaceAll("\n", "\n    ")}`;
  /** The document as it is, and as a ConfigMap has it. */
  const forms: readonly (readonly [string, (text: string) => string])[] = [
    ["a file", (text) => text],
    ["a ConfigMap", (text) => `kind: ConfigMap\ndata:\n  models.yaml: |\n${indented(text)}\n`],
  ];

  it.each(badEntries)("both refuse an entry with %s", (_title, entry, _field, words) => {
    for (const [, form] of forms) {
      expect(check(form(documentWith(entry))).join("\n")).toContain(words.replace(/; line 2 has.*/, ""));
    }
  });

  it.each(badDocuments)("both refuse a document %s", (_title, text, words) => {
    const message = words.replace(/^line \d+(, column \d+)?(: )?/, "");
    // Of a file that holds nothing it is not known what it was to be.
    const found = check(text);
    expect(found.join("\n")).toContain(text.includes("models:") ? message : "error");
  });

  it.each(goodDocuments)("both say the same of a document %s", (_title, text) => {
    const read = readModelsDocument(text, "models.yaml", "ns");
    const refused = "snapshot" in read ? read.snapshot.refused.flatMap(({ problems }) => problems) : undefined;
    for (const [, form] of forms) expect(check(form(text))).toHaveLength(refused!.length);
  });
});
