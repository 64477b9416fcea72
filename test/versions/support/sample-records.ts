import type { Field, FieldValue } from "../../../src/versions/kinds/field.ts";
import { type KindName, kinds } from "../../../src/versions/kinds/kinds.ts";
import type { VersionStore } from "../../../src/versions/ports.ts";
import type { Properties } from "../../../src/versions/property-value.ts";
import type { VersionRecord } from "../../../src/versions/record.ts";
import { unique } from "./store-under-test.ts";

/** A property of each type, with awkward keys. */
export const sampleProperties: Properties = {
  "a string": { metadataType: "MetadataStringValue", string_value: `it's "so" \\ 100%_` },
  "mlflow.source.type": { metadataType: "MetadataStringValue", string_value: "" },
  yes: { metadataType: "MetadataBoolValue", bool_value: true },
  least: { metadataType: "MetadataIntValue", int_value: "-2147483648" },
  tiny: { metadataType: "MetadataDoubleValue", double_value: 5e-324 },
  huge: { metadataType: "MetadataDoubleValue", double_value: 1.7976931348623157e308 },
  "💥": { metadataType: "MetadataStructValue", struct_value: Buffer.from('{"a":[1]}').toString("base64") },
  proto: { metadataType: "MetadataProtoValue", type: "type.googleapis.com/x", proto_value: "CgE=" },
};

/** Ids of a record of every kind, for others to refer to. */
export type Parents = Readonly<Record<string, string>>;

export async function createParents(store: VersionStore): Promise<Parents> {
  const ids: Record<string, string> = {};
  for (const kind of ["registeredModel", "servingEnvironment", "modelVersion", "inferenceService"] as const) {
    ids[kind] = (await store.create(kind, { fields: requiredFields(kind, ids) })).id;
  }
  return ids;
}

/** What a new record of a kind needs, and no more. */
export function requiredFields(kind: KindName, parents: Parents): Record<string, FieldValue> {
  const fields: Record<string, FieldValue> = { name: unique(kind) };
  for (const field of kinds[kind].fields) {
    if (field.required && field.name !== "name") fields[field.name] = sampleValue(field, parents);
  }
  return fields;
}

/** Every field of a kind that a caller may set. */
export function allFields(kind: KindName, parents: Parents): Record<string, FieldValue> {
  const settable = kinds[kind].fields.filter(({ serverMade }) => !serverMade);
  return Object.fromEntries(settable.map((field) => [field.name, sampleValue(field, parents)]));
}

function sampleValue(field: Field, parents: Parents): FieldValue {
  switch (field.type) {
    case "double":
      return 0.1 + 0.2;
    case "int64":
      return "9223372036854775807";
    case "enum":
      return field.values.at(-1)!;
    case "reference":
      return parents[field.references!]!;
    case "strings":
      return ["en", 'quo"te', ""];
    case "json":
      return '[{"name": "a", "limit": 1.0}]';
    default:
      return unique(field.name);
  }
}

/** The same record, without what the store has made. */
export function contentOf({ name, fields, properties }: VersionRecord) {
  return { fields: { name, ...fields }, properties: JSON.parse(properties) as Properties };
}
