import { create, fromJson, type JsonObject, type JsonValue } from "@bufbuild/protobuf";
import { type Timestamp, timestampFromMs, ValueSchema } from "@bufbuild/protobuf/wkt";
import {
  AccessType,
  DeploymentMode,
  type McpServer as McpServerMessage,
  McpServerSchema,
  type McpTool as McpToolMessage,
  McpToolSchema,
} from "../../../gen/kserve/catalog/v1/mcp_server_pb.ts";
import {
  type CatalogArtifact as ArtifactMessage,
  CatalogArtifactSchema,
  CatalogModelSchema,
  MetricsType,
  type CatalogModel as ModelMessage,
} from "../../../gen/kserve/catalog/v1/model_pb.ts";
import {
  AssetType,
  type FilterOptions,
  FilterOptionsSchema,
  type Label,
  LabelSchema,
  type Source,
  SourceSchema,
  SourceStatus,
} from "../../../gen/kserve/catalog/v1/source_pb.ts";
import type {
  AssetType as AssetWord,
  BaseEntry,
  CatalogArtifact,
  CatalogModel,
  McpServer,
  McpTool,
} from "../../catalog/entries/entry.ts";
import type { Facets } from "../../catalog/search/facets.ts";
import type { SourceState } from "../../catalog/snapshot.ts";
import type { CatalogLabel } from "../../catalog/sources/source-spec.ts";
import { propertiesToMessages } from "../versions/property-message.ts";

export const assetTypeToMessage: Readonly<Record<AssetWord, AssetType>> = {
  models: AssetType.MODELS,
  mcp_servers: AssetType.MCP_SERVERS,
};

const statuses = {
  available: SourceStatus.AVAILABLE,
  "partially-available": SourceStatus.PARTIALLY_AVAILABLE,
  error: SourceStatus.ERROR,
  disabled: SourceStatus.DISABLED,
} as const;

export function sourceToMessage({ spec, status, error, models, servers }: SourceState): Source {
  const { id, name, assetType, type = "", enabled, labels, included, excluded } = spec;
  return create(SourceSchema, {
    ...{ id, name, type, enabled, error },
    assetType: assetTypeToMessage[assetType],
    labels: [...labels],
    status: status === undefined ? SourceStatus.UNSPECIFIED : statuses[status],
    includedNames: [...included],
    excludedNames: [...excluded],
    size: models.length + servers.length,
  });
}

export function labelToMessage({ name, assetType, fields }: CatalogLabel): Label {
  const { displayName = "", ...others } = fields;
  return create(LabelSchema, {
    ...(name === null ? {} : { name }),
    displayName,
    assetType: assetTypeToMessage[assetType],
    fields: others,
  });
}

/** A model without its artifacts. */
export function modelToMessage(model: CatalogModel, withReadme: boolean): ModelMessage {
  const { name, sourceId, readme = "", maturity = "", provider = "", logo = "", license = "" } = model;
  const { licenseLink = "", libraryName = "", language = [], tasks = [], validatedTasks = [], servingConfig } = model;
  const calling = servingConfig?.toolCalling;
  return create(CatalogModelSchema, {
    ...baseOf(model),
    ...{ name, sourceId, maturity, provider, logo, license, licenseLink, libraryName },
    readme: withReadme ? readme : "",
    languages: [...language],
    tasks: [...tasks],
    validatedTasks: [...validatedTasks],
    ...(servingConfig === undefined
      ? {}
      : {
          servingConfig: {
            ...(calling === undefined
              ? {}
              : { toolCalling: { ...calling, requiredArgs: [...(calling.requiredArgs ?? [])] } }),
          },
        }),
  });
}

const metricsTypes = {
  "performance-metrics": MetricsType.PERFORMANCE,
  "accuracy-metrics": MetricsType.ACCURACY,
  "security-metrics": MetricsType.SECURITY,
} as const;

export function artifactToMessage(artifact: CatalogArtifact): ArtifactMessage {
  const { name = "", uri, metricsType } = artifact;
  return create(CatalogArtifactSchema, {
    ...baseOf(artifact),
    name,
    sort:
      metricsType === undefined
        ? { case: "uri", value: uri ?? "" }
        : { case: "metricsType", value: metricsTypes[metricsType] },
  });
}

const modes = { local: DeploymentMode.LOCAL, remote: DeploymentMode.REMOTE } as const;

/** A server with its first `toolLimit` tools. */
export function serverToMessage(server: McpServer, toolLimit: number, withReadme: boolean): McpServerMessage {
  const { name, sourceId, displayName = "", version = "", provider = "", logo = "", license = "" } = server;
  const { licenseLink = "", readme = "", documentationUrl = "", repositoryUrl = "", sourceCode = "" } = server;
  const { tags = [], transports = [], endpoints, artifacts = [], securityIndicators, deploymentMode, tools } = server;
  return create(McpServerSchema, {
    ...baseOf(server),
    ...{ name, sourceId, displayName, version, provider, logo, license, licenseLink },
    ...{ documentationUrl, repositoryUrl, sourceCode },
    readme: withReadme ? readme : "",
    tags: [...tags],
    transports: [...transports],
    publishedTime: dateOf(server.publishedDate),
    lastUpdatedTime: dateOf(server.lastUpdated),
    deploymentMode: deploymentMode === undefined ? DeploymentMode.UNSPECIFIED : modes[deploymentMode],
    httpEndpoint: endpoints?.http ?? "",
    sseEndpoint: endpoints?.sse ?? "",
    artifactUris: artifacts.map(({ uri }) => uri),
    ...(securityIndicators === undefined ? {} : { securityIndicators }),
    ...(server.runtimeMetadata === undefined ? {} : { runtimeMetadata: structOf(server.runtimeMetadata) }),
    ...(server.serverJson === undefined ? {} : { serverJson: structOf(server.serverJson) }),
    toolCount: tools.length,
    tools: tools.slice(0, toolLimit).map(toolToMessage),
  } as never);
}

const accessTypes = {
  read_only: AccessType.READ_ONLY,
  read_write: AccessType.READ_WRITE,
  execute: AccessType.EXECUTE,
} as const;

export function toolToMessage(tool: McpTool): McpToolMessage {
  const { createTime: _, updateTime: __, ...base } = baseOf(tool);
  return create(McpToolSchema, {
    ...base,
    name: tool.name,
    accessType: accessTypes[tool.accessType],
    parameters: (tool.parameters ?? []).map((parameter) => ({ description: "", ...parameter })),
  });
}

export function facetsToMessage({ filters, namedQueries }: Facets): FilterOptions {
  return create(FilterOptionsSchema, {
    filters: Object.fromEntries(
      Object.entries(filters).map(([name, facet]) => [
        name,
        facet.type === "string"
          ? { option: { case: "values" as const, value: { values: [...facet.values] } } }
          : { option: { case: "range" as const, value: { min: facet.min, max: facet.max } } },
      ]),
    ),
    namedQueries: Object.fromEntries(
      Object.entries(namedQueries).map(([name, conditions]) => [
        name,
        {
          conditions: Object.fromEntries(
            Object.entries(conditions).map(([field, { operator, value }]) => [
              field,
              { operator, value: fromJson(ValueSchema, value as JsonValue) },
            ]),
          ),
        },
      ]),
    ),
  } as never);
}

function baseOf(entry: BaseEntry) {
  const { id, externalId = "", description = "", createTimeSinceEpoch, lastUpdateTimeSinceEpoch } = entry;
  return {
    id,
    externalId,
    description,
    ...(createTimeSinceEpoch === undefined ? {} : { createTime: timestampFromMs(Number(createTimeSinceEpoch)) }),
    ...(lastUpdateTimeSinceEpoch === undefined
      ? {}
      : { updateTime: timestampFromMs(Number(lastUpdateTimeSinceEpoch)) }),
    customProperties: propertiesToMessages(entry.customProperties),
  } as {
    id: string;
    externalId: string;
    description: string;
    createTime?: Timestamp;
    updateTime?: Timestamp;
    customProperties: ReturnType<typeof propertiesToMessages>;
  };
}

function dateOf(text: string | undefined): Timestamp | undefined {
  return text === undefined ? undefined : timestampFromMs(Date.parse(text));
}

function structOf(value: Readonly<Record<string, unknown>>): JsonObject {
  // Checked to be plain data when it was read.
  return value as JsonObject;
}
