import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import {
  GetFilterOptionsResponseSchema,
  ListLabelsResponseSchema,
  ListSourcesResponseSchema,
  type ModelCatalog,
  PreviewFilter,
  PreviewSourceResponseSchema,
  WatchSourcesResponseSchema,
} from "../../../gen/kserve/catalog/v1/model_catalog_pb.ts";
import { AssetType } from "../../../gen/kserve/catalog/v1/source_pb.ts";
import type { AssetType as AssetWord } from "../../catalog/entries/entry.ts";
import { type PreviewFilter as PreviewWord, previewPage } from "../../catalog/sources/preview-page.ts";
import { invalidField, RegistryError, required } from "../../registry/registry-error.ts";
import { accessOf } from "../call.ts";
import { endOf, keepLease } from "../caller-lease.ts";
import { type CatalogDeps, readerOf } from "./catalog-deps.ts";
import { assetTypeToMessage, facetsToMessage, labelToMessage, sourceToMessage } from "./entry-messages.ts";
import { filteredRequestOf, labelRequestOf } from "./list-message.ts";
import { watchSources } from "./watch-sources.ts";

type Methods = "listSources" | "listLabels" | "previewSource" | "watchSources" | "getFilterOptions";

/**
 * The RPCs about sources, labels and filter options.
 *
 * @param stopping aborts when the server begins to stop; open watches then end
 */
export function sourceMethods(
  deps: CatalogDeps,
  stopping: AbortSignal,
): Pick<ServiceImpl<typeof ModelCatalog>, Methods> {
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
      const signal = endOf(caller, context.signal, stopping);
      try {
        for await (const { sources } of watchSources(deps.sources, signal)) {
          yield create(WatchSourcesResponseSchema, { sources: [...sources.values()].map(sourceToMessage) });
        }
        caller.signal?.throwIfAborted();
      } finally {
        caller.stop();
      }
      if (stopping.aborted) {
        throw new RegistryError("SHUTTING_DOWN", "The server is stopping; watch again", { retryAfterMs: 1000 });
      }
    },

    async getFilterOptions({ assetType }) {
      const facets = await readerOf(deps).facets(assetWord(assetType) ?? "models");
      return create(GetFilterOptionsResponseSchema, { options: facetsToMessage(facets) });
    },
  };
}

function assetWord(type: AssetType): AssetWord | undefined {
  if (type === AssetType.UNSPECIFIED) return undefined;
  if (type === AssetType.MODELS) return "models";
  if (type === AssetType.MCP_SERVERS) return "mcp_servers";
  throw invalidField("asset_type", `${type} is not an asset type`);
}

function previewFilterOf(filter: PreviewFilter): PreviewWord {
  if (filter === PreviewFilter.UNSPECIFIED) return "all";
  if (filter === PreviewFilter.INCLUDED) return "included";
  if (filter === PreviewFilter.EXCLUDED) return "excluded";
  throw invalidField("filter", `${filter} is not a preview filter`);
}
