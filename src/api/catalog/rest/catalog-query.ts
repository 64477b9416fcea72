import type { FilteredRequest } from "../../../catalog/catalog.ts";
import { badField } from "../../../catalog/catalog-error.ts";
import { type AssetType, assetTypes } from "../../../catalog/entries/entry.ts";
import { type Choice, defaultChoice } from "../../../catalog/performance/recommend.ts";
import { maxPageSize } from "../../../catalog/search/page.ts";

const defaultPageSize = 10;

/** The page that a query asks for: the requested size, which is echoed, and what is read. */
export interface ListQuery extends FilteredRequest {
  /** The requested size, which may be larger than a page can be. */
  readonly askedSize: number;
}

/**
 * Reads the parameters that all lists have.
 *
 * @param orderBy the order where none is given
 * @throws CatalogError INVALID
 */
export function listQueryOf(query: URLSearchParams, orderBy: string): ListQuery {
  const askedSize = pageSizeOf(query.get("pageSize") ?? "");
  return {
    askedSize,
    pageSize: Math.min(askedSize, maxPageSize),
    pageToken: query.get("nextPageToken") ?? "",
    orderBy: query.get("orderBy") || orderBy,
    descending: query.get("sortOrder") === "DESC",
    filter: query.get("filterQuery") ?? "",
  };
}

function pageSizeOf(text: string): number {
  if (text === "") return defaultPageSize;
  if (!/^-?\d{1,9}$/.test(text))
    throw badField("pageSize", `invalid pageSize: ${JSON.stringify(text.slice(0, 40))} is not a whole number`);
  if (Number(text) < 1) throw badField("pageSize", `pageSize must be at least 1, got ${Number(text)}`);
  return Number(text);
}

/** @throws CatalogError INVALID */
export function assetTypeOf(query: URLSearchParams): AssetType | undefined {
  const text = query.get("assetType") ?? "";
  const known = assetTypes.find((type) => type === text);
  if (known !== undefined || text === "") return known;
  throw badField(
    "assetType",
    `invalid value '${text.slice(0, 40)}' for assetType: expected one of ${assetTypes.join(", ")}`,
  );
}

/**
 * Reads the parameters of a recommendation.
 *
 * @throws CatalogError INVALID
 */
export function choiceOf(query: URLSearchParams): Choice {
  const target = query.get("targetRPS") || "0";
  if (!/^\d{1,9}$/.test(target)) throw badField("targetRPS", "expected a whole number from 0 on");
  const property = (name: Exclude<keyof Choice, "targetRps">): string => query.get(name) || defaultChoice[name];
  return {
    targetRps: Number(target),
    latencyProperty: property("latencyProperty"),
    rpsProperty: property("rpsProperty"),
    hardwareCountProperty: property("hardwareCountProperty"),
    hardwareTypeProperty: property("hardwareTypeProperty"),
  };
}

/** @throws CatalogError INVALID */
export function flagOf(query: URLSearchParams, name: string): boolean {
  const text = query.get(name) ?? "";
  if (text === "" || text === "false") return false;
  if (text === "true") return true;
  throw badField(name, `expected true or false; found ${JSON.stringify(text.slice(0, 40))}`);
}

/** A parameter that may be repeated, or have several values separated by commas. */
export function listOf(query: URLSearchParams, name: string): readonly string[] {
  return query.getAll(name).flatMap((text) => text.split(",").filter((part) => part !== ""));
}
