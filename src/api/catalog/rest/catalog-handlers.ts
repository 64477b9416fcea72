import { badField } from "../../../catalog/catalog-error.ts";
import type { McpServer, McpTool } from "../../../catalog/entries/entry.ts";
import type { Page } from "../../../catalog/search/page.ts";
import type { CatalogContext } from "./catalog-context.ts";
import { assetTypeOf, choiceOf, flagOf, type ListQuery, listOf, listQueryOf } from "./catalog-query.ts";
import {
  artifactCounts,
  artifactToJson,
  facetsToJson,
  type Json,
  labelToJson,
  modelToJson,
  serverToJson,
  sourceToJson,
} from "./entry-json.ts";

function listJson<Item>(
  { items, nextPageToken }: Page<Item>,
  { askedSize }: ListQuery,
  toJson: (item: Item) => Json,
): Json {
  return { items: items.map(toJson), nextPageToken, pageSize: askedSize, size: items.length };
}

/** `GET /sources`. */
export async function listSources({ query, reader }: CatalogContext): Promise<Json> {
  const request = listQueryOf(query, "ID");
  if (request.orderBy !== "ID" && request.orderBy !== "NAME") {
    throw badField("orderBy", `invalid orderBy '${request.orderBy.slice(0, 40)}': expected ID or NAME`);
  }
  return listJson(await reader.sources(request, query.get("name") ?? "", assetTypeOf(query)), request, sourceToJson);
}

/** `GET /labels`. */
export async function listLabels({ query, reader }: CatalogContext): Promise<Json> {
  const request = listQueryOf(query, "");
  return listJson(await reader.labels(request, assetTypeOf(query)), request, labelToJson);
}

/** `GET /models`. */
export async function listModels({ query, reader, flavour }: CatalogContext): Promise<Json> {
  const asked = listQueryOf(query, "NAME");
  const isRecommended = flavour.isAlpha ? flagOf(query, "recommendations") : asked.orderBy === "RECOMMENDED";
  // Read even where it is not used, so that invalid values are reported.
  const choice = choiceOf(query);
  const page = await reader.models({
    ...asked,
    orderBy: isRecommended ? "NAME" : asked.orderBy,
    query: query.get("q") ?? "",
    sourceIds: listOf(query, "source"),
    sourceLabels: listOf(query, "sourceLabel"),
    choice: isRecommended ? choice : undefined,
  });
  return listJson(page, asked, (model) => modelToJson(model, flavour));
}

/** `GET /models/filter_options`. */
export async function modelFilterOptions({ reader, flavour }: CatalogContext): Promise<Json> {
  return facetsToJson(await reader.facets("models"), flavour, false);
}

/** `GET /sources/{source_id}/models/{model_name}`. */
export function getModel({ params, reader, flavour }: CatalogContext): Json {
  const model = reader.model(params.source_id!, params.model_name!);
  const json = modelToJson(model, flavour);
  return flavour.isAlpha ? json : { ...json, artifactCounts: artifactCounts(model) };
}

export const artifactTypes = ["model-artifact", "metrics-artifact"] as const;

/** `GET /sources/{source_id}/models/{model_name}/artifacts`. */
export async function listArtifacts({ params, query, reader, flavour }: CatalogContext): Promise<Json> {
  const request = listQueryOf(query, "ID");
  const given = [...listOf(query, "artifactType"), ...(flavour.isAlpha ? listOf(query, "artifact_type") : [])];
  const types = given.map((text) => {
    const type = artifactTypes.find((one) => one === text);
    if (type !== undefined) return type;
    throw badField(
      "artifactType",
      `invalid artifactType '${text.slice(0, 40)}': expected one of ${artifactTypes.join(", ")}`,
    );
  });
  const page = await reader.artifacts(params.source_id!, params.model_name!, request, types);
  return listJson(page, request, artifactToJson);
}

/** `GET /sources/{source_id}/models/{model_name}/artifacts/performance`. */
export async function listPerformance({ params, query, reader }: CatalogContext): Promise<Json> {
  const request = listQueryOf(query, "ID");
  const page = await reader.performance(params.source_id!, params.model_name!, {
    ...request,
    choice: choiceOf(query),
    recommendedOnly: flagOf(query, "recommendations"),
  });
  return listJson(page, request, artifactToJson);
}

/** `GET /mcp_servers`. */
export async function listServers(context: CatalogContext): Promise<Json> {
  const { query, reader, flavour } = context;
  const request = listQueryOf(query, "NAME");
  const toolsOf = toolsWanted(context);
  const page = await reader.servers({
    ...request,
    query: query.get("q") ?? "",
    name: query.get("name") ?? "",
    sourceLabels: listOf(query, "sourceLabel"),
    namedQuery: query.get("namedQuery") ?? "",
  });
  return listJson(page, request, (server) => serverToJson(server, toolsOf(server), flavour));
}

/** `GET /mcp_servers/filter_options`. */
export async function serverFilterOptions({ reader, flavour }: CatalogContext): Promise<Json> {
  return facetsToJson(await reader.facets("mcp_servers"), flavour, true);
}

/** `GET /mcp_servers/{server_id}`. */
export function getServer(context: CatalogContext): Json {
  const server = context.reader.server(context.params.server_id!);
  return serverToJson(server, toolsWanted(context)(server), context.flavour);
}

/** `GET /mcp_servers/{server_id}/tools`. */
export async function listTools({ params, query, reader }: CatalogContext): Promise<Json> {
  const request = listQueryOf(query, "NAME");
  return listJson(await reader.tools(params.server_id!, request), request, (tool) => ({ ...tool }));
}

/** `GET /mcp_servers/{server_id}/tools/{tool_name}`. */
export function getTool({ params, reader }: CatalogContext): Json {
  const { server, tool } = reader.tool(params.server_id!, params.tool_name!);
  return { serverId: server.id, serverName: server.name, tool };
}

const toolLimits = { usual: 10, most: 100 } as const;

/** The tools that are sent with a server: none, unless requested. */
function toolsWanted({ query }: CatalogContext): (server: McpServer) => readonly McpTool[] | undefined {
  const text = query.get("toolLimit") || String(toolLimits.usual);
  if (!/^\d{1,9}$/.test(text) || Number(text) < 1 || Number(text) > toolLimits.most) {
    throw badField(
      "toolLimit",
      `expected a whole number from 1 to ${toolLimits.most}; found ${JSON.stringify(text.slice(0, 40))}`,
    );
  }
  if (!flagOf(query, "includeTools")) return () => undefined;
  return ({ tools }) => tools.slice(0, Number(text));
}
