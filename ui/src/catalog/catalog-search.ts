import { type JsonValue, toJson } from "@bufbuild/protobuf";
import { ValueSchema } from "@bufbuild/protobuf/wkt";
import type { FieldCondition, NamedQuery } from "../../../gen/kserve/catalog/v1/source_pb.ts";

/** What is looked for in the catalog. It stands in the address bar; what is not said means all. */
export interface CatalogSearch {
  /** Words in names, descriptions, providers, tasks. */
  readonly q?: string;
  /** The group of sources. */
  readonly label?: string;
  /** The order, as the service takes it. */
  readonly order?: string;
  /** The name of a filter that the platform has prepared. */
  readonly prepared?: string;
  /** The values that are wanted, by property. */
  readonly where?: Readonly<Record<string, readonly string[]>>;
}

/** More values are read from no address. */
const maxValues = 50;

/** Reads the search of an address, whatever stands there. */
export function readCatalogSearch(search: Readonly<Record<string, unknown>>): CatalogSearch {
  const text = (key: "q" | "label" | "order" | "prepared"): Partial<CatalogSearch> => {
    const value = search[key];
    const known = typeof value === "string" || typeof value === "number" ? String(value).slice(0, 200) : "";
    return known === "" ? {} : { [key]: known };
  };
  const where = readWhere(search.where);
  return {
    ...text("q"),
    ...text("label"),
    ...text("order"),
    ...text("prepared"),
    ...(Object.keys(where).length === 0 ? {} : { where }),
  };
}

function readWhere(value: unknown): Readonly<Record<string, readonly string[]>> {
  if (typeof value !== "object" || value === null) return {};
  const entries = Object.entries(value)
    .map(
      ([property, values]) => [property, Array.isArray(values) ? values.slice(0, maxValues).map(String) : []] as const,
    )
    .filter(([property, values]) => /^[\w.]{1,200}$/.test(property) && values.length > 0);
  return Object.fromEntries(entries.slice(0, maxValues));
}

/** The search with a value of a property taken in, or out where it was in. */
export function toggled({ where = {}, ...rest }: CatalogSearch, property: string, value: string): CatalogSearch {
  const before = where[property] ?? [];
  const values = before.includes(value) ? before.filter((one) => one !== value) : [...before, value];
  const { [property]: _, ...others } = where;
  const next = values.length === 0 ? others : { ...others, [property]: values };
  return { ...rest, ...(Object.keys(next).length === 0 ? {} : { where: next }) };
}

/** The filter of the service for a search: every property has one of the values that are wanted of it. */
export function filterText({ where = {} }: CatalogSearch, prepared: NamedQuery | undefined): string {
  const chosen = Object.entries(where).map(
    ([property, values]) => `${property} IN (${values.map(literal).join(", ")})`,
  );
  const conditions = Object.entries(prepared?.conditions ?? {}).map(conditionText);
  return [...chosen, ...conditions].join(" AND ");
}

function conditionText([property, { operator, value }]: [string, FieldCondition]): string {
  const json = value === undefined ? null : toJson(ValueSchema, value);
  const text = Array.isArray(json) ? `(${json.map(jsonLiteral).join(", ")})` : jsonLiteral(json);
  return `${property} ${operator} ${text}`;
}

function jsonLiteral(value: JsonValue): string {
  return typeof value === "number" || typeof value === "boolean" ? String(value) : quoted(String(value));
}

/** Facets name what is true or false by these words. */
function literal(value: string): string {
  return value === "true" || value === "false" ? value : quoted(value);
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
}
