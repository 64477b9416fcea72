import type { Properties } from "../../base/property-value.ts";
import { valueUnder } from "../../base/value-under.ts";
import { yieldIfBusy } from "../../base/yield-if-busy.ts";
import type { AssetType, CatalogArtifact, CatalogModel, McpServer } from "../entries/entry.ts";
import type { CatalogSnapshot } from "../snapshot.ts";
import type { FieldCondition, NamedQuery } from "../sources/source-spec.ts";
import { type FilterFields, modelFilterFields, serverFilterFields } from "./filter-fields.ts";

/** The values that a property can be compared with: its different texts, or the range of its numbers. */
export type Facet =
  | { readonly type: "string"; readonly values: readonly string[] }
  | { readonly type: "number"; readonly min: number; readonly max: number };

export interface Facets {
  /** By the names of properties in filters. */
  readonly filters: Readonly<Record<string, Facet>>;
  readonly namedQueries: Readonly<Record<string, NamedQuery["conditions"]>>;
}

/** Texts are listed where there are fewer of them, none longer. */
const maxValues = 50;
const maxChars = 100;

const shownModelFields = ["name", "description", "maturity", "language", "tasks", "validatedTasks", "provider"];
const modelFields = pick(modelFilterFields, [...shownModelFields, "license", "licenseLink", "libraryName", "readme"]);
const serverFields = pick(serverFilterFields, [
  ...["name", "displayName", "description", "provider", "tags", "license", "readme", "deploymentMode", "transports"],
  ...["publishedDate", "lastUpdated", "verifiedSource", "secureEndpoint", "sast", "readOnlyTools"],
]);
const hiddenProperties = new Set(["metricsType", "model_id"]);

const known = new WeakMap<CatalogSnapshot, Map<AssetType, Promise<Facets>>>();

/** The properties that a snapshot's entries can be filtered by. Computed once, in small steps. */
export function facetsOf(snapshot: CatalogSnapshot, assetType: AssetType): Promise<Facets> {
  const facets = valueUnder(known, snapshot, () => new Map<AssetType, Promise<Facets>>());
  return valueUnder(facets, assetType, () => (assetType === "models" ? modelFacets(snapshot) : serverFacets(snapshot)));
}

async function modelFacets(snapshot: CatalogSnapshot): Promise<Facets> {
  const collector = new Collector();
  for (const model of snapshot.models) {
    collector.addFields(model, modelFields);
    collector.addProperties("", model.customProperties);
    for (const artifact of model.artifacts) addArtifact(collector, artifact);
    await yieldIfBusy();
  }
  return collector.facets(snapshot, "models");
}

function addArtifact(collector: Collector, { customProperties, uri }: CatalogArtifact): void {
  if (uri !== undefined) collector.add("artifacts.uri", uri);
  collector.addProperties("artifacts.", customProperties);
}

async function serverFacets(snapshot: CatalogSnapshot): Promise<Facets> {
  const collector = new Collector();
  for (const server of snapshot.servers) {
    collector.addFields(server, serverFields);
    collector.addProperties("", server.customProperties);
    await yieldIfBusy();
  }
  return collector.facets(snapshot, "mcp_servers");
}

class Collector {
  /** Null: too many different ones, or too long. */
  readonly #texts = new Map<string, Set<string> | null>();
  readonly #ranges = new Map<string, { min: number; max: number }>();

  addFields<Entry extends CatalogModel | McpServer>(entry: Entry, fields: FilterFields<Entry>): void {
    for (const name in fields) this.add(name, fields[name]!(entry));
  }

  addProperties(prefix: string, properties: Properties): void {
    for (const name in properties) {
      if (hiddenProperties.has(name)) continue;
      const value = properties[name]!;
      if (value.metadataType === "MetadataStringValue") this.add(`${prefix}${name}.string_value`, value.string_value);
      else if (value.metadataType === "MetadataDoubleValue")
        this.add(`${prefix}${name}.double_value`, value.double_value);
      else if (value.metadataType === "MetadataIntValue")
        this.add(`${prefix}${name}.int_value`, Number(value.int_value));
      else if (value.metadataType === "MetadataBoolValue") this.add(`${prefix}${name}.bool_value`, value.bool_value);
    }
  }

  add(name: string, value: unknown): void {
    if (value === undefined) return;
    if (Array.isArray(value)) for (const item of value) this.add(name, item);
    else if (typeof value === "number") this.#addNumber(name, value);
    else this.#addText(name, String(value));
  }

  #addNumber(name: string, value: number): void {
    const range = this.#ranges.get(name);
    if (range === undefined) this.#ranges.set(name, { min: value, max: value });
    else {
      range.min = Math.min(range.min, value);
      range.max = Math.max(range.max, value);
    }
  }

  #addText(name: string, value: string): void {
    const texts = this.#texts.get(name);
    if (texts === null || value === "") return;
    if (value.length > maxChars) this.#texts.set(name, null);
    else if (texts === undefined) this.#texts.set(name, new Set([value]));
    else {
      texts.add(value);
      if (texts.size >= maxValues) this.#texts.set(name, null);
    }
  }

  facets({ namedQueries }: CatalogSnapshot, assetType: AssetType): Facets {
    const filters = new Map<string, Facet>();
    for (const [name, values] of this.#texts) {
      if (values !== null) filters.set(name, { type: "string", values: [...values].sort() });
    }
    for (const [name, range] of this.#ranges) filters.set(name, { type: "number", ...range });
    const sorted = [...filters].sort(([a], [b]) => (a < b ? -1 : 1));
    const queries = Object.entries(namedQueries).filter(([, query]) => query.assetType === assetType);
    return {
      filters: Object.fromEntries(sorted),
      namedQueries: Object.fromEntries(
        queries.map(([name, { conditions }]) => [name, withRangeEnds(conditions, this.#ranges)]),
      ),
    };
  }
}

/** Conditions in which the words `min` and `max` are replaced by the ends of ranges. */
export function withRangeEnds(
  conditions: NamedQuery["conditions"],
  ranges: ReadonlyMap<string, { readonly min: number; readonly max: number }>,
): NamedQuery["conditions"] {
  return Object.fromEntries(
    Object.entries(conditions).map(([name, condition]): [string, FieldCondition] => {
      const { value } = condition;
      const range = ranges.get(name);
      const isEnd = value === "min" || value === "max";
      return [name, range !== undefined && isEnd ? { ...condition, value: range[value] } : condition];
    }),
  );
}

function pick<Entry>(fields: FilterFields<Entry>, names: readonly string[]): FilterFields<Entry> {
  return Object.fromEntries(names.map((name) => [name, fields[name]!]));
}
