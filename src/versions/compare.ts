import { kinds } from "./kinds/kinds.ts";
import type { ComparedValue, Comparison } from "./ports.ts";
import { type PropertyValue, propertiesFromJson } from "./property-value.ts";
import type { VersionRecord } from "./record.ts";

type Section = ComparedValue["section"];

/** A version with all of its artifacts. */
export interface VersionWithArtifacts {
  readonly version: VersionRecord;
  readonly artifacts: readonly VersionRecord[];
}

/** Compares versions: their values by section and name, as JSON text. */
export function compareVersions(versions: readonly VersionWithArtifacts[]): Comparison {
  const columns = versions.map(columnOf);
  const sections: readonly Section[] = ["field", "property", "metric", "parameter", "feature"];
  const values = sections.flatMap((section) => {
    const names = [...new Set(columns.flatMap((column) => [...column[section].keys()]))];
    // Fields and features have an order of their own.
    if (section !== "field" && section !== "feature") names.sort();
    return names.map((name) => row(section, name, columns));
  });
  return { versions: versions.map(({ version }) => version), values };
}

type ColumnOf = Readonly<Record<Section, ReadonlyMap<string, string>>>;

function row(section: Section, name: string, columns: readonly ColumnOf[]): ComparedValue {
  const values = columns.map((column) => column[section].get(name));
  return { section, name, values, differs: values.some((value) => value !== values[0]) };
}

function columnOf({ version, artifacts }: VersionWithArtifacts): ColumnOf {
  const metrics = artifacts.filter(({ kind }) => kind === "metric");
  const parameters = artifacts.filter(({ kind }) => kind === "parameter");
  return {
    field: fieldsOf(version),
    property: new Map(
      Object.entries(propertiesFromJson(version.properties)).map(([key, value]) => [key, plain(value)]),
    ),
    metric: new Map(metrics.map(({ name, fields }) => [name, JSON.stringify(fields.value)])),
    parameter: new Map(parameters.map(({ name, fields }) => [name, JSON.stringify(fields.value ?? "")])),
    feature: featuresOf(version),
  };
}

function fieldsOf({ kind, fields }: VersionRecord): Map<string, string> {
  const compared = kinds[kind].fields.filter(
    ({ type, name }) => type !== "reference" && type !== "json" && name in fields,
  );
  return new Map(compared.map(({ name }) => [name, JSON.stringify(fields[name])]));
}

/** The value of a property without its type; a whole number without its quotes. */
function plain(value: PropertyValue): string {
  switch (value.metadataType) {
    case "MetadataStringValue":
      return JSON.stringify(value.string_value);
    case "MetadataBoolValue":
      return JSON.stringify(value.bool_value);
    case "MetadataIntValue":
      return value.int_value;
    case "MetadataDoubleValue":
      return JSON.stringify(value.double_value);
    case "MetadataStructValue":
      return Buffer.from(value.struct_value, "base64").toString();
    case "MetadataProtoValue":
      return JSON.stringify(value);
  }
}

function featuresOf({ fields }: VersionRecord): Map<string, string> {
  if (typeof fields.inputFeatures !== "string") return new Map();
  const features: unknown = JSON.parse(fields.inputFeatures);
  if (!Array.isArray(features)) return new Map();
  return new Map(features.map((feature: unknown, i) => [featureName(feature) ?? `[${i}]`, JSON.stringify(feature)]));
}

function featureName(feature: unknown): string | undefined {
  if (typeof feature === "string") return feature;
  const name = (feature as { name?: unknown } | null)?.name;
  return typeof name === "string" ? name : undefined;
}
