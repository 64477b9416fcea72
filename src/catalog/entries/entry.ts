import type { Properties } from "../../base/property-value.ts";
import type { EntryField, FieldsOf } from "./entry-field.ts";
import type { artifactFields, base, modelFields, serverFields, toolFields } from "./entry-fields.ts";

/** Properties of an entry besides the fields of its table. */
interface Placed {
  /** A decimal number derived from the place of the entry, so it is the same in every replica. */
  readonly id: string;
  readonly customProperties: Properties;
}

/** The fields of a table as an object. Names are those of the newest REST API; absent fields are left out. */
type Entry<Table extends readonly EntryField[]> = FieldsOf<Table> & Placed;

/** What every entry may have. */
export type BaseEntry = Entry<typeof base> & { readonly name?: string };

/** Where the files of a model are (`uri`), or what was measured of it (`metricsType`). */
export type CatalogArtifact = Entry<typeof artifactFields> & {
  readonly artifactType: "model-artifact" | "metrics-artifact";
};

export type CatalogModel = Entry<typeof modelFields> & {
  readonly sourceId: string;
  readonly artifacts: readonly CatalogArtifact[];
};

export type McpTool = Entry<typeof toolFields>;

export type McpServer = Entry<typeof serverFields> & {
  readonly sourceId: string;
  readonly tools: readonly McpTool[];
};

/** The two kinds of entry that a source may hold. */
export const assetTypes = ["models", "mcp_servers"] as const;
export type AssetType = (typeof assetTypes)[number];

export type CatalogEntry = CatalogModel | McpServer;
