import { withStore } from "../../../src/versions/database-commands.ts";
import type { VersionStore } from "../../../src/versions/ports.ts";
import type { Properties } from "../../../src/versions/property-value.ts";
import type { ImportedRecord } from "../../../src/versions/record.ts";

const start = 1_700_000_000_000;

const properties: Properties = {
  accuracy: { metadataType: "MetadataDoubleValue", double_value: 0.97 },
  approved: { metadataType: "MetadataBoolValue", bool_value: true },
  builds: { metadataType: "MetadataIntValue", int_value: "-12" },
  report: { metadataType: "MetadataProtoValue", type: "t", proto_value: "AQI=" },
  settings: { metadataType: "MetadataStructValue", struct_value: "eyJhIjogMX0=" },
  "o'brien \u{1f600}": { metadataType: "MetadataStringValue", string_value: 'a "quoted" \\ text' },
};

/**
 * Fills a database with so many models, each with a version and artifacts of every sort; a tenth of them are served and
 * have an alias. Ids are not in a row, as in a registry that has lived.
 */
export async function fillRegistry(url: string, models: number): Promise<void> {
  await withStore({ kind: "sqlite", path: url.slice("sqlite:".length) }, async (store) => {
    await store.import([record("servingEnvironment", 5, { name: "prod", description: "where it counts" })]);
    await store.import([record("docArtifact", 1, { name: "alone", uri: "https://x" })]);
    for (let first = 1; first <= models; first += 100) {
      const some = Array.from({ length: Math.min(100, models - first + 1) }, (_, i) => recordsOf(first + i));
      await store.import(some.flat());
    }
    await setAliases(store, models);
  });
}

async function setAliases(store: VersionStore, models: number): Promise<void> {
  for (let i = 10; i <= models; i += 10) {
    await store.setAlias({ registeredModelId: String(3 * i), alias: "champion", modelVersionId: String(7 * i) });
  }
}

function recordsOf(i: number): ImportedRecord[] {
  const model = String(3 * i);
  const version = String(7 * i);
  const served = i % 10 === 0;
  return [
    record("registeredModel", 3 * i, {
      name: `model ${i}`,
      externalId: `ext-${i}`,
      state: i % 7 === 0 ? "ARCHIVED" : "LIVE",
      language: ["en", "de"],
    }),
    record("modelVersion", 7 * i, {
      name: "1.0",
      registeredModelId: model,
      author: "ada",
      inputFeatures: '[{"name":"iops","type":"number"}]',
    }),
    record("modelArtifact", 11 * i, { name: "files", modelVersionId: version, uri: `s3://models/${i}` }),
    record("metric", 11 * i + 1, { name: "accuracy", modelVersionId: version, value: i / 7, step: "3" }),
    record("parameter", 11 * i + 2, { name: "depth", modelVersionId: version, value: "5", parameterType: "number" }),
    record("dataSet", 11 * i + 3, { name: "data", modelVersionId: version, digest: "d" }),
    ...(served
      ? [
          record("inferenceService", i, {
            name: `service ${i}`,
            registeredModelId: model,
            servingEnvironmentId: "5",
            modelVersionId: version,
          }),
          record("serveModel", i, { name: "serve", inferenceServiceId: String(i), modelVersionId: version }),
        ]
      : []),
  ];
}

function record(kind: ImportedRecord["kind"], id: number, fields: ImportedRecord["fields"]): ImportedRecord {
  return { kind, id: String(id), fields, properties, createTime: start + id, updateTime: start + 2 * id };
}
