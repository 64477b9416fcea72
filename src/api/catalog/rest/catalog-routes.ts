import { sharedHeader } from "../../rest/openapi/answers.ts";
import type { Parameter, Schema } from "../../rest/openapi/document.ts";
import { flag, inQuery, pathParameters, refTo, text } from "../../rest/openapi/parameter.ts";
import type { Route, RouteFamily, RouteMethod, RouteOperation } from "../../rest/route.ts";
import { errorRefs } from "../../versions/rest/error-responses.ts";
import {
  type CatalogFlavour,
  type CatalogHandle,
  type CatalogRestDeps,
  catalogFlavours,
  catalogHandler,
} from "./catalog-context.ts";
import {
  artifactTypes,
  getModel,
  getServer,
  getTool,
  listArtifacts,
  listLabels,
  listModels,
  listPerformance,
  listServers,
  listSources,
  listTools,
  modelFilterOptions,
  serverFilterOptions,
} from "./catalog-handlers.ts";
import { catalogResponses, catalogSchemas } from "./catalog-schemas.ts";
import { previewSource } from "./preview-handler.ts";

const repeated: Schema = { type: "array", items: text };
const sorts: Schema = { type: "array", items: { ...text, enum: [...artifactTypes] } };

const assetType = inQuery("assetType", "Only sources of this kind of asset.", {
  ...text,
  enum: ["models", "mcp_servers", ""],
});
const filter = inQuery(
  "filterQuery",
  'A filter: `license = "apache-2.0" AND artifacts.ttft_p90 < 100`. At most 64 KiB.',
);
const freeText = inQuery("q", "Free text, case-insensitive.");
const sourceLabel = inQuery(
  "sourceLabel",
  "Only from sources with one of these labels; `null`: from sources without labels.",
  repeated,
);
const page: readonly Parameter[] = [
  inQuery("pageSize", "The page size. Default: 10; above 1,000 means 1,000.", {
    ...text,
    pattern: "^[0-9]{0,9}$",
  }),
  inQuery(
    "orderBy",
    "The field or property to order by: `size.string_value`. Default: NAME for models and servers, else ID.",
  ),
  inQuery("sortOrder", "`DESC` for descending order; anything else means `ASC`, the default."),
  inQuery("nextPageToken", "The `nextPageToken` of the previous page. Empty: the first page."),
];
const choice: readonly Parameter[] = [
  inQuery("targetRPS", "The target load in requests per second. 0: none.", {
    ...text,
    pattern: "^[0-9]{0,9}$",
  }),
  inQuery("latencyProperty", "Default: ttft_p90."),
  inQuery("rpsProperty", "Default: requests_per_second."),
  inQuery("hardwareCountProperty", "Default: hardware_count."),
  inQuery("hardwareTypeProperty", "Default: hardware_type."),
];
const recommendations = inQuery("recommendations", "Only recommended deployments.", flag);
const tools: readonly Parameter[] = [
  inQuery("includeTools", "Also return tools.", flag),
  inQuery("toolLimit", "The maximum number of tools per server, at most 100. Default: 10.", {
    ...text,
    pattern: "^([1-9][0-9]?|100)?$",
  }),
];

/** One route, in both versions. */
interface Line {
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly answer: string;
  readonly parameters?: (flavour: CatalogFlavour) => readonly Parameter[];
  readonly method?: RouteMethod;
  readonly handle: CatalogHandle;
}

const artifactsOf = "/sources/{source_id}/models/{model_name+}/artifacts";

const modelLines: readonly Line[] = [
  {
    path: "/sources",
    operationId: "findSources",
    summary: "List the sources, including disabled ones",
    answer: "CatalogSourceList",
    parameters: () => [inQuery("name", "Part of the name, case-insensitive."), assetType, ...page],
    handle: listSources,
  },
  {
    path: "/sources/preview",
    method: "POST",
    operationId: "previewCatalogSource",
    summary: "Preview the entries that a source would have",
    answer: "CatalogPreview",
    parameters: () => [
      inQuery("filterStatus", "Only these entries. Default: all.", {
        ...text,
        enum: ["all", "included", "excluded", ""],
      }),
      page[0]!,
      page[3]!,
    ],
    handle: previewSource,
  },
  {
    path: "/labels",
    operationId: "findLabels",
    summary: "List the labels of sources",
    answer: "CatalogLabelList",
    parameters: () => [assetType, ...page],
    handle: listLabels,
  },
  {
    path: "/models",
    operationId: "findModels",
    summary: "List the models of all sources",
    answer: "CatalogModelList",
    parameters: ({ isAlpha }) => [
      inQuery("source", "Only from the sources with these IDs. Not together with `sourceLabel`.", repeated),
      sourceLabel,
      freeText,
      filter,
      ...(isAlpha ? [recommendations] : []),
      ...choice,
      ...page,
    ],
    handle: listModels,
  },
  {
    path: "/models/filter_options",
    operationId: "findModelsFilterOptions",
    summary: "List the fields by which models can be filtered",
    answer: "CatalogFilterOptions",
    handle: modelFilterOptions,
  },
  {
    path: "/sources/{source_id}/models/{model_name+}",
    operationId: "getModel",
    summary: "Get a model; slashes in its name may be sent as such or as %2F",
    answer: "CatalogModel",
    handle: getModel,
  },
  {
    path: artifactsOf,
    operationId: "getAllModelArtifacts",
    summary: "List the artifacts of a model",
    answer: "CatalogArtifactList",
    parameters: ({ isAlpha }) => [
      inQuery("artifactType", "Only artifacts of this type.", sorts),
      ...(isAlpha ? [inQuery("artifact_type", "The same as `artifactType`.", sorts)] : []),
      filter,
      ...page,
    ],
    handle: listArtifacts,
  },
  {
    path: `${artifactsOf}/performance`,
    operationId: "getAllModelPerformanceArtifacts",
    summary: "List the benchmarks of a model, or recommended deployments",
    answer: "CatalogArtifactList",
    parameters: () => [recommendations, ...choice, filter, ...page],
    handle: listPerformance,
  },
];

const serverLines: readonly Line[] = [
  {
    path: "/mcp_servers",
    operationId: "findMCPServers",
    summary: "List the MCP servers of all sources",
    answer: "MCPServerList",
    parameters: () => [
      inQuery("name", "A pattern in which `%` matches any characters."),
      freeText,
      sourceLabel,
      filter,
      inQuery("namedQuery", "The name of a filter defined in the configuration."),
      ...tools,
      ...page,
    ],
    handle: listServers,
  },
  {
    path: "/mcp_servers/filter_options",
    operationId: "findMCPServersFilterOptions",
    summary: "List the fields by which MCP servers can be filtered",
    answer: "CatalogFilterOptions",
    handle: serverFilterOptions,
  },
  {
    path: "/mcp_servers/{server_id}",
    operationId: "getMCPServer",
    summary: "Get an MCP server",
    answer: "MCPServer",
    parameters: () => tools,
    handle: getServer,
  },
  {
    path: "/mcp_servers/{server_id}/tools",
    operationId: "findMCPServerTools",
    summary: "List the tools of an MCP server",
    answer: "MCPToolList",
    parameters: () => [filter, ...page],
    handle: listTools,
  },
  {
    path: "/mcp_servers/{server_id}/tools/{tool_name}",
    operationId: "getMCPServerTool",
    summary: "Get a tool of an MCP server",
    answer: "MCPToolWithServer",
    handle: getTool,
  },
];

/** The routes of the catalog, in both versions of the API that existing clients speak. */
export function catalogFamily(deps: CatalogRestDeps): RouteFamily {
  const lines = [
    ...modelLines.map((line) => ({ line, base: "/api/model_catalog" })),
    ...serverLines.map((line) => ({ line, base: "/api/mcp_catalog" })),
  ];
  return {
    tag: {
      name: "Catalog",
      description: "Models and MCP servers to start from: the API of Kubeflow's catalogs.",
    },
    routes: catalogFlavours.flatMap((flavour) => lines.map(({ line, base }) => routeOf(deps, flavour, base, line))),
    schemas: catalogSchemas,
    responses: catalogResponses,
  };
}

function routeOf(deps: CatalogRestDeps, flavour: CatalogFlavour, base: string, line: Line): Route {
  return {
    method: line.method ?? "GET",
    path: `${base}/${flavour.version}${line.path}`,
    style: "kubeflow",
    operation: operationOf(line, flavour),
    handle: catalogHandler(deps, base, flavour, line.handle),
  };
}

function operationOf(line: Line, flavour: CatalogFlavour): RouteOperation {
  const isPost = line.method === "POST";
  const errors = ["400", "403", "404", ...(isPost ? ["408", "413", "415", "422"] : []), "503"];
  return {
    operationId: `${line.operationId}${flavour.suffix}`,
    summary: line.summary,
    parameters: [...pathParameters(line.path, inPaths), ...(line.parameters?.(flavour) ?? [])],
    ...(isPost ? { requestBody: previewBody } : {}),
    responses: {
      200: {
        description: "The result.",
        headers: sharedHeader("x-request-id"),
        content: { "application/json": { schema: refTo(line.answer) } },
      },
      ...errorRefs("Catalog", ...errors),
    },
  };
}

const inPaths: Readonly<Record<string, readonly [string]>> = {
  source_id: ["The id of the source."],
  model_name: ["The name of the model, with its slashes."],
  server_id: ["The id of the MCP server."],
  tool_name: ["The name of the tool."],
};

const previewBody = {
  required: true,
  description: "A source as in `sources.yaml`, and its data file. At most `MAX_REQUEST_SIZE` (16 MiB).",
  content: {
    "multipart/form-data": {
      schema: {
        type: "object",
        required: ["config"],
        properties: { config: text, catalogData: text },
      },
    },
  },
} as const;
