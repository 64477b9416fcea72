import { likeMatcher } from "../base/filter/like-matcher.ts";
import { valueUnder } from "../base/value-under.ts";
import { badField, CatalogError } from "./catalog-error.ts";
import type { AssetType, CatalogArtifact, CatalogModel, McpServer, McpTool } from "./entries/entry.ts";
import {
  assertProperties,
  type Choice,
  performanceOf,
  recommended,
  recommendedLatency,
  withReplicas,
} from "./performance/recommend.ts";
import { compileFilter, compileIndexedFilter } from "./search/compile-filter.ts";
import { type Facets, facetsOf, withRangeEnds } from "./search/facets.ts";
import { artifactFilterFields, serverFilterFields, toolFilterFields } from "./search/filter-fields.ts";
import { freeText } from "./search/free-text.ts";
import { all, type Predicate } from "./search/leaf-predicate.ts";
import { columnsOf } from "./search/model-columns.ts";
import { filterOfConditions } from "./search/named-query.ts";
import { modelOrder, type Order, readerOfKey } from "./search/order.ts";
import { inOrder, type Page, type PageRequest, pageOf } from "./search/page.ts";
import type { CatalogSnapshot, SourceState } from "./snapshot.ts";
import type { CatalogLabel } from "./sources/source-spec.ts";

/** What every list takes. */
export interface ListRequest extends PageRequest {
  /** `NAME`, `ID`, `CREATE_TIME`, `LAST_UPDATE_TIME`, or a property with its type: `size.string_value`. */
  readonly orderBy: string;
  readonly descending: boolean;
}

export interface FilteredRequest extends ListRequest {
  /** A filter in the language of `base/filter`. Blank: all. */
  readonly filter: string;
}

export interface ModelsRequest extends FilteredRequest {
  /** Free text. Blank: all. */
  readonly query: string;
  readonly sourceIds: readonly string[];
  /** In any case; `null` for sources without a label. */
  readonly sourceLabels: readonly string[];
  /** Orders models by the smallest latency among their recommended artifacts. */
  readonly choice: Choice | undefined;
}

export interface ServersRequest extends FilteredRequest {
  readonly query: string;
  /** A LIKE pattern. Blank: all. */
  readonly name: string;
  readonly sourceLabels: readonly string[];
  /** A filter of the configuration, by its name. Blank: none. */
  readonly namedQuery: string;
}

export interface PerformanceRequest extends FilteredRequest {
  readonly choice: Choice;
  readonly recommendedOnly: boolean;
}

/** How many orderings are cached for one snapshot: callers could ask for any number. */
const maxRemembered = 16;

/** Reads a catalog. Each call is answered from a single snapshot. */
export class CatalogReader {
  readonly #snapshot: CatalogSnapshot;

  constructor(snapshot: CatalogSnapshot) {
    this.#snapshot = snapshot;
  }

  async sources(request: ListRequest, name: string, assetType: AssetType | undefined): Promise<Page<SourceState>> {
    const wanted = name.toLowerCase();
    const items = [...this.#snapshot.sources.values()].map((state) => ({ id: state.spec.id, state }));
    const read =
      request.orderBy === "NAME"
        ? ({ state }: { state: SourceState }) => state.spec.name
        : ({ id }: { id: string }) => id;
    const order = { key: request.orderBy, descending: request.descending, read };
    const matches = ({ state: { spec } }: { state: SourceState }): boolean =>
      spec.name.toLowerCase().includes(wanted) && (assetType === undefined || spec.assetType === assetType);
    const page = await pageOf(await inOrder(items, order), order, matches, request, [
      "sources",
      wanted,
      assetType ?? "",
    ]);
    return { ...page, items: page.items.map(({ state }) => state) };
  }

  /** A blank key keeps the configured order; labels without the key come last. */
  async labels(request: ListRequest, assetType: AssetType | undefined): Promise<Page<CatalogLabel>> {
    const { orderBy, descending } = request;
    const items = this.#snapshot.labels.map((label, i) => ({ id: String(i), label }));
    const read = ({ id, label }: (typeof items)[number]): string | number | undefined => {
      if (orderBy === "") return Number(id);
      if (orderBy === "name") return label.name ?? undefined;
      return Object.hasOwn(label.fields, orderBy) ? label.fields[orderBy]!.slice(0, 256) : undefined;
    };
    const order = { key: orderBy, descending, read };
    const matches = ({ label }: (typeof items)[number]): boolean =>
      assetType === undefined || label.assetType === assetType;
    const page = await pageOf(await inOrder(items, order), order, matches, request, ["labels", assetType ?? ""]);
    return { ...page, items: page.items.map(({ label }) => label) };
  }

  /**
   * @throws CatalogError INVALID, INVALID_FILTER, INVALID_PAGE_TOKEN
   */
  async models(request: ModelsRequest): Promise<Page<CatalogModel>> {
    const { filter, query, sourceIds, sourceLabels, choice, descending } = request;
    const columns = columnsOf(this.#snapshot.models);
    const { matches, artifact } = await compileIndexedFilter(filter, columns);
    const isOfSource = this.#sourceFilter(sourceIds, sourceLabels);
    const hasText = freeText(query);
    const order =
      choice === undefined
        ? modelOrder(request.orderBy, descending, artifact)
        : this.#recommendedOrder(choice, artifact);
    // Which artifacts count depends on the filter, and so do orderings by them.
    const dependsOnFilter = choice !== undefined || request.orderBy.startsWith("artifacts.");
    const key = JSON.stringify([order.key, order.descending, dependsOnFilter ? filter : ""]);
    const ordered =
      order.key === "NAME" && !order.descending
        ? this.#snapshot.models
        : await this.#ordered(key, this.#snapshot.models, order);
    // The rows of the index are also ordered by name.
    const fitsRow =
      ordered === this.#snapshot.models
        ? (_: CatalogModel, at: number) => matches(at)
        : (model: CatalogModel) => matches(columns.rowOf(model));
    const fits = (model: CatalogModel, at: number): boolean =>
      isOfSource(model) && hasText(model) && fitsRow(model, at);
    return pageOf(ordered, order, fits, request, ["models", filter, query, sourceIds, sourceLabels]);
  }

  /** @throws CatalogError SOURCE_NOT_FOUND, MODEL_NOT_FOUND */
  model(source: string, name: string): CatalogModel {
    const models = this.#snapshot.modelsByName.get(source);
    if (models === undefined)
      throw new CatalogError("SOURCE_NOT_FOUND", `no source found with id '${source}'`, { source });
    const model = models.get(name);
    if (model !== undefined) return model;
    throw new CatalogError("MODEL_NOT_FOUND", `No model found '${name}' in source '${source}'`, {
      source,
      model: name,
    });
  }

  /** @throws CatalogError as `model`, and as `models` */
  async artifacts(
    source: string,
    name: string,
    request: FilteredRequest,
    types: readonly CatalogArtifact["artifactType"][],
  ): Promise<Page<CatalogArtifact>> {
    const ofType = this.model(source, name).artifacts.filter(
      ({ artifactType }) => types.length === 0 || types.includes(artifactType),
    );
    const fits = compileFilter(request.filter, artifactFilterFields);
    const order = orderOf(request);
    return pageOf(await inOrder(ofType, order), order, fits, request, [
      "artifacts",
      source,
      name,
      types,
      request.filter,
    ]);
  }

  /** @throws CatalogError as `model`, and as `models` */
  async performance(source: string, name: string, request: PerformanceRequest): Promise<Page<CatalogArtifact>> {
    const { filter, choice, recommendedOnly } = request;
    const measured = performanceOf(this.model(source, name).artifacts);
    if (recommendedOnly || choice.targetRps > 0) assertProperties(measured, choice);
    const fitting = measured.filter(compileFilter(filter, artifactFilterFields));
    const chosen = recommendedOnly ? recommended(fitting, choice) : fitting;
    const order = orderOf(request);
    const asked = ["performance", source, name, filter, choice, recommendedOnly];
    return pageOf(await inOrder(withReplicas(chosen, choice), order), order, () => true, request, asked);
  }

  facets(assetType: AssetType): Promise<Facets> {
    return facetsOf(this.#snapshot, assetType);
  }

  /** @throws CatalogError INVALID, INVALID_FILTER, INVALID_PAGE_TOKEN */
  async servers(request: ServersRequest): Promise<Page<McpServer>> {
    const { filter, query, sourceLabels, namedQuery, name } = request;
    const matches = compileFilter(filter, serverFilterFields);
    const named = compileFilter(await this.#namedFilter(namedQuery), serverFilterFields);
    const isOfSource = this.#sourceFilter([], sourceLabels);
    const hasText = freeText(query);
    const isName = name === "" ? () => true : likeMatcher(name);
    const hasName = (server: McpServer): boolean => isName(server.name);
    const order = orderOf<McpServer>(request);
    const fits = all<McpServer>([isOfSource, hasName, hasText, named, matches]);
    const asked = ["servers", filter, query, sourceLabels, namedQuery, name];
    const ordered = await this.#ordered(JSON.stringify(["servers", order]), this.#snapshot.servers, order);
    return pageOf(ordered, order, fits, request, asked);
  }

  /** @throws CatalogError SERVER_NOT_FOUND */
  server(id: string): McpServer {
    const server = this.#snapshot.serversById.get(id);
    if (server !== undefined) return server;
    throw new CatalogError("SERVER_NOT_FOUND", `no MCP server found with id '${id.slice(0, 80)}'`, { id });
  }

  /** @throws CatalogError SERVER_NOT_FOUND, INVALID_FILTER, INVALID_PAGE_TOKEN */
  async tools(id: string, request: FilteredRequest): Promise<Page<McpTool>> {
    const fits = compileFilter(request.filter, toolFilterFields);
    const order = orderOf<McpTool>(request);
    return pageOf(await inOrder(this.server(id).tools, order), order, fits, request, ["tools", id, request.filter]);
  }

  /** @throws CatalogError SERVER_NOT_FOUND, TOOL_NOT_FOUND */
  tool(id: string, name: string): { readonly server: McpServer; readonly tool: McpTool } {
    const server = this.server(id);
    const tool = server.tools.find((one) => one.name === name);
    if (tool !== undefined) return { server, tool };
    throw new CatalogError("TOOL_NOT_FOUND", `the MCP server ${server.name} has no tool '${name.slice(0, 80)}'`, {
      id,
      tool: name,
    });
  }

  #sourceFilter(ids: readonly string[], labels: readonly string[]): Predicate<{ readonly sourceId: string }> {
    if (ids.length > 0 && labels.length > 0) {
      throw badField("sourceLabel", "source and sourceLabel cannot be given together");
    }
    if (ids.length > 0) {
      const wanted = new Set(ids);
      return ({ sourceId }) => wanted.has(sourceId);
    }
    if (labels.length === 0) return () => true;
    const wanted = new Set(labels.map((label) => label.toLowerCase()));
    const sources = [...this.#snapshot.sources.values()].filter(({ spec }) =>
      spec.labels.length === 0 ? wanted.has("null") : spec.labels.some((label) => wanted.has(label.toLowerCase())),
    );
    const ofLabels = new Set(sources.map(({ spec }) => spec.id));
    return ({ sourceId }) => ofLabels.has(sourceId);
  }

  async #namedFilter(name: string): Promise<string> {
    if (name === "") return "";
    const { namedQueries } = this.#snapshot;
    const query = Object.hasOwn(namedQueries, name) ? namedQueries[name] : undefined;
    if (query === undefined || query.assetType !== "mcp_servers") {
      throw badField("namedQuery", `there is no named query ${JSON.stringify(name.slice(0, 80))} of MCP servers`);
    }
    const { namedQueries: ready } = await this.facets("mcp_servers");
    return filterOfConditions(ready[name] ?? withRangeEnds(query.conditions, new Map()));
  }

  #recommendedOrder(choice: Choice, fits: (artifact: CatalogArtifact) => boolean): Order<CatalogModel> {
    assertProperties(performanceOfAll(this.#snapshot.models), choice);
    const latencies = new Map<CatalogModel, number | undefined>();
    return {
      key: `RECOMMENDED ${JSON.stringify(choice)}`,
      descending: false,
      read: (model) => {
        if (!latencies.has(model)) {
          latencies.set(model, recommendedLatency(performanceOf(model.artifacts).filter(fits), choice));
        }
        return latencies.get(model);
      },
    };
  }

  /** A list in an order, found once for each snapshot. */
  #ordered<Item extends { readonly id: string }>(
    key: string,
    items: readonly Item[],
    order: Order<Item>,
  ): Promise<readonly Item[]> {
    const byKey = valueUnder(remembered, this.#snapshot, () => new Map());
    let ordered = byKey.get(key) as Promise<readonly Item[]> | undefined;
    if (ordered === undefined) {
      ordered = inOrder(items, order);
      if (byKey.size >= maxRemembered) byKey.clear();
      byKey.set(key, ordered);
    }
    return ordered;
  }
}

const remembered = new WeakMap<CatalogSnapshot, Map<string, Promise<readonly unknown[]>>>();

function* performanceOfAll(models: readonly CatalogModel[]): Generator<CatalogArtifact> {
  for (const { artifacts } of models) yield* performanceOf(artifacts);
}

function orderOf<Item extends CatalogArtifact | McpServer | McpTool>({
  orderBy,
  descending,
}: ListRequest): Order<Item> {
  return { key: orderBy, descending, read: readerOfKey(orderBy) ?? readerOfKey("ID")! };
}
