import { type EntryField, entryLimits } from "../../../catalog/entries/entry-field.ts";
import { artifactFields, modelFields, serverFields, toolFields } from "../../../catalog/entries/entry-fields.ts";
import type { Schema } from "../../rest/openapi/document.ts";
import { refTo, text } from "../../rest/openapi/parameter.ts";
import { errorResponses, errorSchema } from "../../versions/rest/error-responses.ts";
import { metadataValue } from "../../versions/rest/schemas.ts";

const count: Schema = { type: "integer", minimum: 0 };

function fieldSchema(field: EntryField): Schema {
  switch (field.type) {
    case "text":
    case "uri":
      return { ...text, maxLength: field.maxChars ?? (field.type === "uri" ? 4096 : 255) };
    case "time":
      return { ...text, pattern: "^[0-9]{1,15}$", description: "Milliseconds since the epoch." };
    case "date":
      return { ...text, format: "date-time" };
    case "boolean":
      return { type: "boolean" };
    case "integer":
      return { type: "integer", minimum: field.min, maximum: field.max };
    case "choice":
      return { ...text, enum: field.words };
    case "choices":
      return { type: "array", items: { ...text, enum: field.words } };
    case "texts":
      return { type: "array", items: text };
    case "properties":
      return {
        type: "object",
        additionalProperties: refTo("CatalogMetadataValue"),
        maxProperties: entryLimits.items,
      };
    case "json":
      return { type: "object" };
    case "object":
      return objectSchema(field.fields);
    case "objects":
      return { type: "array", items: objectSchema(field.fields) };
  }
}

function objectSchema(fields: readonly EntryField[], more: Readonly<Record<string, Schema>> = {}): Schema {
  const required = fields.filter((field) => field.required).map(({ name }) => name);
  return {
    type: "object",
    ...(required.length === 0 ? {} : { required }),
    properties: { ...Object.fromEntries(fields.map((field) => [field.name, fieldSchema(field)])), ...more },
  };
}

function listSchema(item: string): Schema {
  return {
    type: "object",
    required: ["items", "nextPageToken", "pageSize", "size"],
    properties: {
      items: { type: "array", items: refTo(item) },
      nextPageToken: { ...text, description: "Empty on the last page." },
      pageSize: { ...count, description: "The requested page size. At most 1,000 entries are returned." },
      size: { ...count, description: "How many records this page has." },
    },
  };
}

const sourceIdNames = {
  sourceId: { ...text, description: "The ID of the source, in v1." },
  source_id: { ...text, description: "The same in v1alpha1." },
};
const id: Schema = { ...text, pattern: "^[1-9][0-9]{0,15}$" };
const withoutPaths = serverFields.map(
  (field): EntryField =>
    field.name === "endpoints" && field.type === "object"
      ? { ...field, fields: field.fields.filter(({ name }) => name !== "websocket") }
      : field,
);
const listed = ["CatalogSource", "CatalogLabel", "CatalogModel", "CatalogArtifact", "MCPServer", "MCPTool"];

/** The schemas of the catalog, made from the fields of its entries. */
export const catalogSchemas: Readonly<Record<string, Schema>> = {
  CatalogMetadataValue: metadataValue(),
  CatalogSource: {
    type: "object",
    required: ["id", "name", "labels"],
    properties: {
      id: text,
      name: text,
      enabled: { type: "boolean" },
      labels: { type: "array", items: text },
      assetType: { ...text, enum: ["models", "mcp_servers"] },
      status: { ...text, enum: ["available", "partially-available", "error", "disabled"] },
      error: { ...text, description: "What is wrong." },
      includedModels: { type: "array", items: text },
      excludedModels: { type: "array", items: text },
    },
  },
  CatalogLabel: {
    type: "object",
    required: ["name"],
    properties: { name: { type: ["string", "null"], description: "Null for sources without a label." } },
    additionalProperties: text,
  },
  CatalogModel: objectSchema(modelFields, {
    id,
    ...sourceIdNames,
    artifactCounts: { type: "object", additionalProperties: count, description: "Only for a single model, in v1." },
  }),
  CatalogArtifact: objectSchema(artifactFields, { id }),
  MCPServer: objectSchema(withoutPaths, {
    id,
    ...sourceIdNames,
    license_link: { ...text, description: "The same as `licenseLink`, in v1alpha1." },
    toolCount: count,
    tools: { type: "array", items: refTo("MCPTool") },
  }),
  MCPTool: objectSchema(toolFields, { id }),
  MCPToolWithServer: {
    type: "object",
    required: ["serverId", "serverName", "tool"],
    properties: { serverId: id, serverName: text, tool: refTo("MCPTool") },
  },
  CatalogFilterOptions: {
    type: "object",
    properties: {
      filters: {
        type: "object",
        additionalProperties: {
          type: "object",
          required: ["type"],
          properties: {
            type: { ...text, enum: ["string", "number"] },
            values: { type: "array", items: text },
            range: { type: "object", properties: { min: { type: "number" }, max: { type: "number" } } },
          },
        },
      },
      namedQueries: {
        type: "object",
        additionalProperties: {
          type: "object",
          additionalProperties: {
            type: "object",
            required: ["operator", "value"],
            properties: { operator: text, value: {} },
          },
        },
      },
    },
  },
  CatalogPreview: {
    type: "object",
    required: ["items", "summary", "nextPageToken", "pageSize", "size"],
    properties: {
      assetType: { ...text, enum: ["models", "mcp_servers"], description: "In v1." },
      items: {
        type: "array",
        items: {
          type: "object",
          required: ["name", "included"],
          properties: { name: text, included: { type: "boolean" } },
        },
      },
      summary: { type: "object", additionalProperties: count },
      nextPageToken: text,
      pageSize: count,
      size: count,
    },
  },
  CatalogError: errorSchema,
  ...Object.fromEntries(listed.map((item) => [`${item}List`, listSchema(item)])),
};

const errorMeanings: Readonly<Record<number, string>> = {
  400: "The request is invalid.",
  403: "The caller may not do this, or the request comes from a page of another origin.",
  404: "There is no such source, model, server or tool.",
  408: "The body was not complete in time.",
  413: "The body is too large.",
  415: "The content encoding is not supported.",
  422: "The source that is to be previewed cannot be used.",
  503: "The sources have not been read yet, or access cannot be checked.",
};

/** The error answers of the catalog. */
export const catalogResponses = errorResponses("Catalog", errorMeanings, () => ({
  "application/json": { schema: refTo("CatalogError") },
}));
