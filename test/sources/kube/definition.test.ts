import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { comparisons, featureTypes, inputFormats, modelProtocols, modelTypes } from "../../../src/registry/model.ts";
import { entryFields, parseModelEntry } from "../../../src/registry/model-entry.ts";

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly enum?: readonly string[];
  readonly description?: string;
  readonly pattern?: string;
}

const file = join(import.meta.dirname, "../../../manifests/kustomize/crd/model-registration.yaml");
const definition = parse(readFileSync(file, "utf8")) as {
  spec: { versions: { schema: { openAPIV3Schema: Schema } }[] };
};
const spec = definition.spec.versions[0]!.schema.openAPIV3Schema.properties!.spec!.properties!;

/** Entries say these in another way, or may not say them at all where everybody can write one. */
const elsewhere: readonly string[] = ["name", "type", "caFile", "clientCertFile", "clientKeyFile", "tokenFile"];

it("the definition of ModelRegistration has every field of an entry, and those of its own", () => {
  const own = ["kserveInferenceService", "modelType", "featureDeclarations"];
  const shared = entryFields.filter((field) => !elsewhere.includes(field));
  expect(Object.keys(spec).sort()).toEqual([...shared, ...own].sort());
});

it("the definition of ModelRegistration has the words that the registry knows", () => {
  expect(spec.modelType?.enum).toEqual(modelTypes);
  expect(spec.protocol?.enum).toEqual(modelProtocols);
  expect(spec.inputFormat?.enum).toEqual(inputFormats);
  expect(spec.featureDeclarations?.items?.properties?.type?.enum).toEqual(featureTypes);
  expect(spec.outputFormat?.properties?.comparison?.enum).toEqual(comparisons);
  expect(spec.triggers?.items?.properties?.comparison?.enum).toEqual(comparisons);
});

it("the definition of ModelRegistration describes every field, for kubectl explain", () => {
  const silent = Object.keys(spec).filter((field) => !spec[field]?.description);
  expect(silent).toEqual([]);
});

const chartSchema = join(import.meta.dirname, "../../../charts/kserve-model-registry/values.schema.json");

it.each([
  "m",
  "a/b",
  "a..b/.c",
  "..a",
  "...",
  "a/...",
  ".",
  "..",
  "./a",
  "a/..",
  "a/../b",
  "/a",
  "a/",
  "a//b",
  "a%2Fb",
  "a?b",
])("the schemas of ModelRegistration and of the chart judge the path name %s as the service does", (model) => {
  const chart = JSON.parse(readFileSync(chartSchema, "utf8")) as { $defs: { model: Schema } };
  const { entry } = parseModelEntry({ name: "m", service: "m", type: "anomaly", model }, "ns");
  const patterns = [spec.model!.pattern!, chart.$defs.model.properties!.model!.pattern!];
  expect(patterns.map((pattern) => new RegExp(pattern, "u").test(model))).toEqual([
    entry !== undefined,
    entry !== undefined,
  ]);
});
