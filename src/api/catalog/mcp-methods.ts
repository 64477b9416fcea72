import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import {
  GetMcpServerResponseSchema,
  GetMcpToolResponseSchema,
  ListMcpServersResponseSchema,
  ListMcpToolsResponseSchema,
  type ModelCatalog,
} from "../../../gen/kserve/catalog/v1/model_catalog_pb.ts";
import { invalidField, required } from "../../registry/registry-error.ts";
import { type CatalogDeps, readerOf } from "./catalog-deps.ts";
import { serverToMessage, toolToMessage } from "./entry-messages.ts";
import { filteredRequestOf } from "./list-message.ts";

type Methods = "listMcpServers" | "getMcpServer" | "listMcpTools" | "getMcpTool";

/** The most tools that are sent with a server. */
const maxTools = 100;

/** The RPCs about MCP servers and their tools. */
export function mcpMethods(deps: CatalogDeps): Pick<ServiceImpl<typeof ModelCatalog>, Methods> {
  return {
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
  };
}

function toolLimitOf({ toolLimit }: { readonly toolLimit: number }): number {
  if (toolLimit >= 0 && toolLimit <= maxTools) return toolLimit;
  throw invalidField("tool_limit", `${toolLimit} must be from 0 to ${maxTools}`);
}
