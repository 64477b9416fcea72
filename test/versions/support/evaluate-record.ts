import type { FilterScalar } from "../../../src/base/filter/compare.ts";
import { parseFilter } from "../../../src/base/filter/parse-filter.ts";
import { kinds } from "../../../src/versions/kinds/kinds.ts";
import { type PropertyValue, propertiesFromJson } from "../../../src/versions/property-value.ts";
import type { VersionRecord } from "../../../src/versions/record.ts";
import { evaluateFilter } from "../../support/evaluate-filter.ts";

/** Which literal finds which type of property, where the filter names none. */
const found: Readonly<Record<string, readonly string[]>> = {
  MetadataStringValue: ["string", "string_value"],
  MetadataBoolValue: ["boolean", "bool_value"],
  MetadataIntValue: ["integer", "int_value"],
  MetadataDoubleValue: ["integer", "decimal", "double_value"],
  MetadataStructValue: [],
  MetadataProtoValue: [],
};

/** Whether a record matches a filter, by evaluation in memory and not by any database. */
export function matches(record: VersionRecord, filter: string): boolean {
  const tree = parseFilter(filter);
  return (
    tree === undefined ||
    evaluateFilter(tree, ({ name, suffix }, literal) => {
      const field = suffix === undefined ? kinds[record.kind].byName.get(name) : undefined;
      if (field !== undefined) return fieldScalar(record, field.name, field.type !== "string" && field.type !== "enum");
      const value = propertiesFromJson(record.properties)[name];
      if (value === undefined) return undefined;
      const by = suffix ?? literal;
      const types = found[value.metadataType]!;
      return (by === undefined ? types.length > 0 : types.includes(by)) ? propertyScalar(value) : undefined;
    })
  );
}

function fieldScalar(record: VersionRecord, name: string, whole: boolean): FilterScalar | undefined {
  const { id, createTime, updateTime } = record;
  const own = { id, name: record.name, createTimeSinceEpoch: createTime, lastUpdateTimeSinceEpoch: updateTime };
  const value = { ...record.fields, ...own }[name];
  if (value === undefined) return undefined;
  return whole ? BigInt(value as string | number) : (value as string);
}

function propertyScalar(value: PropertyValue): FilterScalar | undefined {
  switch (value.metadataType) {
    case "MetadataStringValue":
      return value.string_value;
    case "MetadataBoolValue":
      return value.bool_value;
    case "MetadataIntValue":
      return BigInt(value.int_value);
    case "MetadataDoubleValue":
      return value.double_value;
    default:
      return undefined;
  }
}
