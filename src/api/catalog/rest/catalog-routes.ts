import type { Parameter, Schema } from "../../rest/openapi/document.ts";
import type { Route, RouteFamily, RouteMethod, RouteOperation } from "../../rest/route.ts";
import { type CatalogHandle, type CatalogRestDeps, catalogHandler } from "./catalog-context.ts";
import { type CatalogFlavour, catalogFlavours } from "./catalog-flavour.ts";
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
import { catalogRef, catalogResponses, catalogSchemas } from "./catalog-schemas.ts";
import { previewSource } from "./preview-handler.ts";

const text: Schema = { type: "string" };
const repeated: Schema = { type: "array", items: text };
const sorts: Schema = { type: "array", items: { ...text, enum: [...artifactTypes] } };

function query(name: string, description: string, schema: Schema = text): Parameter {
  return { name, in: "query", required: false, description, schema };
}

const assetType = query("assetType", "Only those that hold this.", { ...text, enum: ["models", "mcp_servers", ""] });
const filter = query(
  "filterQuery",
  'Which ones: `license = "apache-2.0" AND artifacts.ttft_p90 < 100`. At most 64 KiB.',
);
const freeText = query("q", "Free text, in any case.");
const sourceLabel = query("sourceLabel", "Only of sources with one of these labels; `null`: without any.", repeated);
const page: readonly Parameter[] = [
  query("pageSize", "How many to return at most. Default: 10; above 1,000 are 1,000.", {
    ...text,
    pattern: "^[0-9]{0,9}$",
  }),
  query("orderBy", "By what. Default: NAME of models and servers, else ID. Also a property: `size.string_value`."),
  query("sortOrder", "`DESC`: the greatest first; all else is `ASC`, the default."),
  query("nextPageToken", "The `nextPageToken` of the page before. Empty: the first page."),
];
const choice: readonly Parameter[] = [
  query("targetRPS", "How many requests a second have to be served. 0: nothing is said.", {
    ...text,
    pattern: "^[0-9]{0,9}$",
  }),
  query("latencyProperty", "Default: ttft_p90."),
  query("rpsProperty", "Default: requests_per_second."),
  query("hardwareCountProperty", "Default: hardware_count."),
  query("hardwareTypeProperty", "Default: hardware_type."),
];
const recommendations = query("recommendations", "Only what is worth choosing.", {
  ...text,
  enum: ["true", "false", ""],
});
const tools: readonly Parameter[] = [
  query("includeTools", "Also send tools.", { ...text, enum: ["true", "false", ""] }),
  query("toolLimit", "How many of each at most. Default: 10; at most 100.", {
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
    summary: "List the sources, those that are disabled included",
    answer: "CatalogSourceList",
    parameters: () => [query("name", "A part of the name, in any case."), assetType, ...page],
    handle: listSources,
  },
  {
    path: "/sources/preview",
    method: "POST",
    operationId: "previewCatalogSource",
    summary: "Find out which entries a source would have",
    answer: "CatalogPreview",
    parameters: () => [
      query("filterStatus", "Which entries. Default: all.", { ...text, enum: ["all", "included", "excluded", ""] }),
      page[0]!,
      page[3]!,
    ],
    handle: previewSource,
  },
  {
    path: "/labels",
    operationId: "findLabels",
    summary: "List the groups of sources",
    answer: "CatalogLabelList",
    parameters: () => [assetType, ...page],
    handle: listLabels,
  },
  {
    path: "/models",
    operationId: "findModels",
    summary: "List models of every source",
    answer: "CatalogModelList",
    parameters: ({ isAlpha }) => [
      query("source", "Only of these sources, by id. Not together with `sourceLabel`.", repeated),
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
    summary: "Say by what models can be filtered",
    answer: "CatalogFilterOptions",
    handle: modelFilterOptions,
  },
  {
    path: "/sources/{source_id}/models/{model_name+}",
    operationId: "getModel",
    summary: "Get a model; its name may hold slashes, as they are or as %2F",
    answer: "CatalogModel",
    handle: getModel,
  },
  {
    path: artifactsOf,
    operationId: "getAllModelArtifacts",
    summary: "List the artifacts of a model",
    answer: "CatalogArtifactList",
    parameters: ({ isAlpha }) => [
      query("artifactType", "Only this sort.", sorts),
      ...(isAlpha ? [query("artifact_type", "The same.", sorts)] : []),
      filter,
      ...page,
    ],
    handle: listArtifacts,
  },
  {
    path: `${artifactsOf}/performance`,
    operationId: "getAllModelPerformanceArtifacts",
    summary: "List what was measured of a model, and what is worth choosing",
    answer: "CatalogArtifactList",
    parameters: () => [recommendations, ...choice, filter, ...page],
    handle: listPerformance,
  },
];

const serverLines: readonly Line[] = [
  {
    path: "/mcp_servers",
    operationId: "findMCPServers",
    summary: "List MCP servers of every source",
    answer: "MCPServerList",
    parameters: () => [
      query("name", "A pattern in which `%` stands for any characters."),
      freeText,
      sourceLabel,
      filter,
      query("namedQuery", "A filter of the configuration, by its name."),
      ...tools,
      ...page,
    ],
    handle: listServers,
  },
  {
    path: "/mcp_servers/filter_options",
    operationId: "findMCPServersFilterOptions",
    summary: "Say by what MCP servers can be filtered",
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
  const inPath = [...line.path.matchAll(/\{(\w+)\+?\}/g)].map(
    ([, name]): Parameter => ({
      name: name!,
      in: "path",
      required: true,
      description: pathWords[name!]!,
      schema: text,
    }),
  );
  const errors = ["400", "403", "404", ...(isPost ? ["408", "413", "415", "422"] : []), "503"];
  return {
    operationId: `${line.operationId}${flavour.suffix}`,
    summary: line.summary,
    parameters: [...inPath, ...(line.parameters?.(flavour) ?? [])],
    ...(isPost ? { requestBody: previewBody } : {}),
    responses: {
      200: {
        description: "What was asked for.",
        headers: { "x-request-id": { $ref: "#/components/headers/x-request-id" } },
        content: { "application/json": { schema: catalogRef(line.answer) } },
      },
      ...Object.fromEntries(errors.map((status) => [status, { $ref: `#/components/responses/Catalog${status}` }])),
    },
  };
}

const pathWords: Readonly<Record<string, string>> = {
  source_id: "The id of the source.",
  model_name: "The name of the model, with its slashes.",
  server_id: "The id of the MCP server.",
  tool_name: "The name of the tool.",
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
