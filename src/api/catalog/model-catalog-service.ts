import { create } from "@bufbuild/protobuf";
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import {
  ArtifactSort,
  GetFilterOptionsResponseSchema,
  GetMcpServerResponseSchema,
  GetMcpToolResponseSchema,
  GetModelResponseSchema,
  ListArtifactsResponseSchema,
  ListLabelsResponseSchema,
  ListMcpServersResponseSchema,
  ListMcpToolsResponseSchema,
  ListModelsResponseSchema,
  ListPerformanceArtifactsResponseSchema,
  ListSourcesResponseSchema,
  type ModelCatalog,
  PreviewFilter,
  PreviewSourceResponseSchema,
  type Recommendation,
  WatchSourcesResponseSchema,
} from "../../../gen/kserve/catalog/v1/model_catalog_pb.ts";
import { AssetType } from "../../../gen/kserve/catalog/v1/source_pb.ts";
import type { AssetType as AssetWord } from "../../catalog/entries/entry.ts";
import { type Choice, defaultChoice } from "../../catalog/performance/recommend.ts";
import { type PreviewFilter as PreviewWord, previewPage } from "../../catalog/sources/preview-page.ts";
import { invalidField, RegistryError, required } from "../../registry/registry-error.ts";
import { accessOf } from "../call.ts";
import { keepLease } from "../caller-lease.ts";
import { type CatalogDeps, readerOf } from "./catalog-deps.ts";
import {
  artifactToMessage,
  assetTypeToMessage,
  facetsToMessage,
  labelToMessage,
  modelToMessage,
  serverToMessage,
  sourceToMessage,
  toolToMessage,
} from "./entry-messages.ts";
import { filteredRequestOf, labelRequestOf } from "./list-message.ts";
import { type RegistersFromCatalog, registerFromCatalog } from "./register-from-catalog.ts";
import { artifactCounts } from "./rest/entry-json.ts";
import { watchSources } from "./watch-sources.ts";

/** What the service of the catalog needs of the rest. */
export type CatalogServiceDeps = CatalogDeps & {
  /** Aborts when the server begins to stop; open watches then end. */
  readonly stopping: AbortSignal;
} & RegistersFromCatalog;

/** The RPCs of `kserve.catalog.v1.ModelCatalog`. */
export function createModelCatalogService(deps: CatalogServiceDeps): ServiceImpl<typeof ModelCatalog> {
  return {
    async listSources(request) {
      const asked = filteredRequestOf({ ...request, filter: "" }, "id");
      if (asked.orderBy !== "ID" && asked.orderBy !== "NAME") throw invalidField("order_by", "expected id or name");
      const page = await readerOf(deps).sources(asked, request.name, assetWord(request.assetType));
      const sources = page.items.map(sourceToMessage);
      return create(ListSourcesResponseSchema, { sources, nextPageToken: page.nextPageToken });
    },

    async listLabels(request) {
      const page = await readerOf(deps).labels(labelRequestOf(request), assetWord(request.assetType));
      const labels = page.items.map(labelToMessage);
      return create(ListLabelsResponseSchema, { labels, nextPageToken: page.nextPageToken });
    },

    async previewSource(request, context) {
      const { config, catalogData, filter } = request;
      const { pageSize, pageToken } = filteredRequestOf({ ...request, orderBy: "", filter: "" }, "name");
      required(config, "config");
      const data = catalogData === "" ? undefined : new TextEncoder().encode(catalogData);
      const preview = await deps.sources.preview(config, data, context.signal);
      const page = await previewPage(preview, previewFilterOf(filter), { pageSize, pageToken }, config);
      return create(PreviewSourceResponseSchema, {
        assetType: assetTypeToMessage[preview.assetType],
        entries: [...page.items],
        totalSize: page.total,
        includedSize: page.included,
        nextPageToken: page.nextPageToken,
      });
    },

    async *watchSources(_request, context) {
      const caller = keepLease(accessOf(context));
      const signal = AbortSignal.any([context.signal, deps.stopping, caller.signal]);
      try {
        for await (const { sources } of watchSources(deps.sources, signal)) {
          yield create(WatchSourcesResponseSchema, { sources: [...sources.values()].map(sourceToMessage) });
        }
        caller.signal.throwIfAborted();
      } finally {
        caller.stop();
      }
      if (deps.stopping.aborted) {
        throw new RegistryError("SHUTTING_DOWN", "The server is stopping; watch again", { retryAfterMs: 1000 });
      }
    },

    async listModels(request) {
      const { recommendation, orderBy } = request;
      if (recommendation !== undefined && orderBy !== "") {
        throw invalidField("order_by", "has to be empty with a recommendation, which gives the order");
      }
      const { query, sourceIds, sourceLabels, includeReadme } = request;
      const choice = recommendation === undefined ? undefined : choiceOf(recommendation);
      const asked = { ...filteredRequestOf(request, "name"), query, sourceIds, sourceLabels, choice };
      const page = await readerOf(deps).models(asked);
      const models = page.items.map((model) => modelToMessage(model, includeReadme));
      return create(ListModelsResponseSchema, { models, nextPageToken: page.nextPageToken });
    },

    getModel({ sourceId, name }) {
      const model = readerOf(deps).model(required(sourceId, "source_id"), required(name, "name"));
      const message = modelToMessage(model, true);
      message.artifactCounts = { ...artifactCounts(model) };
      return create(GetModelResponseSchema, { model: message });
    },

    async listArtifacts(request) {
      const types = request.sorts.map((sort) => {
        if (sort === ArtifactSort.MODEL) return "model-artifact" as const;
        if (sort === ArtifactSort.METRICS) return "metrics-artifact" as const;
        throw invalidField("sorts", `${sort} is no sort of artifact`);
      });
      const { sourceId, name } = keyOf(request);
      const page = await readerOf(deps).artifacts(sourceId, name, filteredRequestOf(request, "id"), types);
      const artifacts = page.items.map(artifactToMessage);
      return create(ListArtifactsResponseSchema, { artifacts, nextPageToken: page.nextPageToken });
    },

    async listPerformanceArtifacts(request) {
      const { sourceId, name } = keyOf(request);
      const { recommendation, recommendedOnly } = request;
      const choice = recommendation === undefined ? defaultChoice : choiceOf(recommendation);
      const asked = { ...filteredRequestOf(request, "id"), choice, recommendedOnly };
      const page = await readerOf(deps).performance(sourceId, name, asked);
      const artifacts = page.items.map(artifactToMessage);
      return create(ListPerformanceArtifactsResponseSchema, { artifacts, nextPageToken: page.nextPageToken });
    },

    async getFilterOptions({ assetType }) {
      const facets = await readerOf(deps).facets(assetWord(assetType) ?? "models");
      return create(GetFilterOptionsResponseSchema, { options: facetsToMessage(facets) });
    },

    async listMcpServers(request) {
      const { query, name, sourceLabels, namedQuery, includeReadme } = request;
      const toolLimit = toolLimitOf(request);
      const asked = { ...filteredRequestOf(request, "name"), query, name, sourceLabels, namedQuery };
      const page = await readerOf(deps).servers(asked);
      const mcpServers = page.items.map((server) => serverToMessage(server, toolLimit, includeReadme));
      return create(ListMcpServersResponseSchema, { mcpServers, nextPageToken: page.nextPageToken });
    },

    getMcpServer(request) {
      const server = readerOf(deps).server(required(request.id, "id"));
      return create(GetMcpServerResponseSchema, { mcpServer: serverToMessage(server, toolLimitOf(request), true) });
    },

    async listMcpTools(request) {
      const page = await readerOf(deps).tools(
        required(request.serverId, "server_id"),
        filteredRequestOf(request, "name"),
      );
      return create(ListMcpToolsResponseSchema, {
        tools: page.items.map(toolToMessage),
        nextPageToken: page.nextPageToken,
      });
    },

    getMcpTool({ serverId, name }) {
      const { server, tool } = readerOf(deps).tool(required(serverId, "server_id"), required(name, "name"));
      return create(GetMcpToolResponseSchema, {
        serverId: server.id,
        serverName: server.name,
        tool: toolToMessage(tool),
      });
    },

    registerFromCatalog: (request, context: HandlerContext) => registerFromCatalog(deps, request, context),
  };
}

function keyOf({ sourceId, name }: { readonly sourceId: string; readonly name: string }) {
  return { sourceId: required(sourceId, "source_id"), name: required(name, "name") };
}

function assetWord(type: AssetType): AssetWord | undefined {
  if (type === AssetType.UNSPECIFIED) return undefined;
  if (type === AssetType.MODELS) return "models";
  if (type === AssetType.MCP_SERVERS) return "mcp_servers";
  throw invalidField("asset_type", `${type} is no type of asset`);
}

function previewFilterOf(filter: PreviewFilter): PreviewWord {
  if (filter === PreviewFilter.UNSPECIFIED) return "all";
  if (filter === PreviewFilter.INCLUDED) return "included";
  if (filter === PreviewFilter.EXCLUDED) return "excluded";
  throw invalidField("filter", `${filter} is no filter of a preview`);
}

function choiceOf(message: Recommendation): Choice {
  const { targetRps } = message;
  if (targetRps < 0) throw invalidField("recommendation.target_rps", `${targetRps} must be 0 or more`);
  return {
    targetRps,
    latencyProperty: message.latencyProperty || defaultChoice.latencyProperty,
    rpsProperty: message.rpsProperty || defaultChoice.rpsProperty,
    hardwareCountProperty: message.hardwareCountProperty || defaultChoice.hardwareCountProperty,
    hardwareTypeProperty: message.hardwareTypeProperty || defaultChoice.hardwareTypeProperty,
  };
}

const maxTools = 100;

function toolLimitOf({ toolLimit }: { readonly toolLimit: number }): number {
  if (toolLimit >= 0 && toolLimit <= maxTools) return toolLimit;
  throw invalidField("tool_limit", `${toolLimit} must be from 0 to ${maxTools}`);
}
