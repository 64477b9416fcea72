import type { FilterScalar } from "../../base/filter/compare.ts";
import type { FilterProperty, FilterSuffix, FilterValue } from "../../base/filter/filter-tree.ts";
import type { Properties, PropertyValue } from "../../base/property-value.ts";
import type { BaseEntry, CatalogArtifact, CatalogModel, McpServer, McpTool } from "../entries/entry.ts";
import type { EntryField } from "../entries/entry-field.ts";
import { artifactFields, modelFields, serverFields, toolFields } from "../entries/entry-fields.ts";

/** A value that a filter compares; of a list, any of its items. */
export type Found = FilterScalar | readonly FilterScalar[] | undefined;
export type Reader<Entry> = (entry: Entry) => Found;

/** The fields of a kind of entry that a filter knows by name; every other name is that of a custom property. */
export type FilterFields<Entry> = Readonly<Record<string, Reader<Entry>>>;

/** Texts that contain a number: compared with a number they are numbers, with a text they are texts. */
const numeric = ["id", "createTimeSinceEpoch", "lastUpdateTimeSinceEpoch"] as const;

/** The types of fields that hold a text, or a list of texts. */
const textTypes: readonly EntryField["type"][] = ["text", "uri", "time", "date", "choice", "choices", "texts"];

/** The id, and the fields of a table that hold texts. */
function textFields<Entry extends BaseEntry>(table: readonly EntryField[]): FilterFields<Entry> {
  const names = table.filter(({ type }) => textTypes.includes(type)).map(({ name }) => name);
  return Object.fromEntries(
    ["id", ...names].map((name) => [name, (entry: Entry) => entry[name as keyof Entry] as Found]),
  );
}

export const modelFilterFields: FilterFields<CatalogModel> = {
  ...textFields<CatalogModel>(modelFields),
  sourceId: ({ sourceId }) => sourceId,
  source_id: ({ sourceId }) => sourceId,
  license_link: ({ licenseLink }) => licenseLink,
};

export const artifactFilterFields: FilterFields<CatalogArtifact> = textFields<CatalogArtifact>(artifactFields);

const indicators = ["verifiedSource", "secureEndpoint", "sast", "readOnlyTools"] as const;

export const serverFilterFields: FilterFields<McpServer> = {
  ...textFields<McpServer>(serverFields),
  sourceId: ({ sourceId }) => sourceId,
  source_id: ({ sourceId }) => sourceId,
  license_link: ({ licenseLink }) => licenseLink,
  toolCount: ({ tools }) => tools.length,
  "endpoints.http": ({ endpoints }) => endpoints?.http,
  "endpoints.sse": ({ endpoints }) => endpoints?.sse,
  // By their own names too, as named filters of existing catalogs have them.
  ...Object.fromEntries(
    indicators.flatMap((name) => {
      const read: Reader<McpServer> = ({ securityIndicators }) => securityIndicators?.[name];
      return [
        [name, read],
        [`securityIndicators.${name}`, read],
      ];
    }),
  ),
};

export const toolFilterFields: FilterFields<McpTool> = textFields<McpTool>(toolFields);

/**
 * How a property of a filter is read from an entry.
 *
 * @param literal the type of what it is compared with; undefined when only its presence matters
 */
export function readerOf<Entry extends BaseEntry>(
  known: FilterFields<Entry>,
  { name, suffix }: FilterProperty,
  literal: FilterValue["type"] | undefined,
): Reader<Entry> {
  const field = suffix === undefined && Object.hasOwn(known, name) ? known[name]! : undefined;
  const isNumber = literal === "integer" || literal === "decimal";
  if (field === undefined) return ({ customProperties }) => propertyValue(customProperties, name, suffix, literal);
  if (!isNumber || !numeric.some((one) => one === name)) return field;
  return (entry) => {
    const text = field(entry);
    return text === undefined ? undefined : Number(text);
  };
}

/** A custom property as a filter sees it: of the type of the suffix, else of the kind of the literal. */
function propertyValue(
  properties: Properties,
  name: string,
  suffix: FilterSuffix | undefined,
  literal: FilterValue["type"] | undefined,
): FilterScalar | undefined {
  const found = properties[name];
  if (found === undefined || (name in Object.prototype && !Object.hasOwn(properties, name))) return undefined;
  const value = scalarOf(found, suffix);
  if (literal === undefined || value === undefined) return value;
  const type = typeof value;
  const wanted = literal === "string" || literal === "boolean" ? literal : "number";
  return type === wanted ? value : undefined;
}

/** The value of a property; undefined when it is not of the type that a suffix forces, or cannot be compared. */
export function scalarOf(value: PropertyValue, suffix?: FilterSuffix): string | number | boolean | undefined {
  switch (value.metadataType) {
    case "MetadataStringValue":
      return suffix === undefined || suffix === "string_value" ? value.string_value : undefined;
    case "MetadataBoolValue":
      return suffix === undefined || suffix === "bool_value" ? value.bool_value : undefined;
    case "MetadataIntValue":
      return suffix === undefined || suffix === "int_value" ? Number(value.int_value) : undefined;
    case "MetadataDoubleValue":
      return suffix === undefined || suffix === "double_value" ? value.double_value : undefined;
    case "MetadataStructValue":
    case "MetadataProtoValue":
      return suffix === undefined ? true : undefined;
  }
}
