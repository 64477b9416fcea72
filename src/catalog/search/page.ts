import { createHash } from "node:crypto";
import { CatalogError } from "../catalog-error.ts";
import { comparePlaces, type Order, type Place } from "./order.ts";

/** What one page of a list asks for. */
export interface PageRequest {
  /** From 1 to `maxPageSize`. */
  readonly pageSize: number;
  /** Empty: the first page. */
  readonly pageToken: string;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Empty on the last page. */
  readonly nextPageToken: string;
}

export const maxPageSize = 1000;

interface Identified {
  readonly id: string;
}

/** Puts a list in an order. */
export function inOrder<Item extends Identified>(items: readonly Item[], { read, descending }: Order<Item>): Item[] {
  const placed = items.map((item) => ({ item, value: read(item), id: item.id }));
  return placed.sort((a, b) => comparePlaces(a, b, descending)).map(({ item }) => item);
}

/**
 * One page of a list that is in order. It goes on behind the place of the token, so entries that come and go between
 * pages neither repeat nor hide others, and looks at no more entries than it needs.
 *
 * @param asked what distinguishes this list from others: a token of another one is refused
 * @throws CatalogError INVALID_PAGE_TOKEN
 */
export function pageOf<Item extends Identified>(
  ordered: readonly Item[],
  order: Order<Item>,
  matches: (item: Item) => boolean,
  { pageSize, pageToken }: PageRequest,
  asked: readonly unknown[],
): Page<Item> {
  const hash = hashOf([...asked, order.key, order.descending]);
  const placeOf = (item: Item): Place => ({ value: order.read(item), id: item.id });
  const after = pageToken === "" ? undefined : readToken(pageToken, hash);
  const items: Item[] = [];
  for (
    let i = after === undefined ? 0 : firstBehind(ordered, placeOf, after, order.descending);
    i < ordered.length;
    i++
  ) {
    const item = ordered[i]!;
    if (!matches(item)) continue;
    if (items.length === pageSize) return { items, nextPageToken: writeToken(placeOf(items.at(-1)!), hash) };
    items.push(item);
  }
  return { items, nextPageToken: "" };
}

function firstBehind<Item>(
  ordered: readonly Item[],
  placeOf: (item: Item) => Place,
  after: Place,
  descending: boolean,
): number {
  let low = 0;
  let high = ordered.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (comparePlaces(placeOf(ordered[middle]!), after, descending) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function writeToken({ value, id }: Place, hash: string): string {
  return Buffer.from(JSON.stringify([hash, value ?? null, id])).toString("base64url");
}

function readToken(token: string, hash: string): Place {
  const refuse = (why: string): CatalogError =>
    new CatalogError("INVALID_PAGE_TOKEN", `the page token cannot be used: ${why}`, {});
  const bytes = Buffer.from(token, "base64url");
  let parts: unknown;
  try {
    parts = bytes.toString("base64url") === token ? JSON.parse(bytes.toString()) : undefined;
  } catch {
    // Refused below.
  }
  const [found, value, id] = Array.isArray(parts) && parts.length === 3 ? (parts as unknown[]) : [];
  const isPlace = value === null || typeof value === "string" || typeof value === "number";
  if (typeof found !== "string" || typeof id !== "string" || !isPlace) {
    throw refuse("this server has not made it");
  }
  if (found !== hash) throw refuse("it belongs to another list, filter or order");
  return { value: value ?? undefined, id };
}

function hashOf(parts: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64url").slice(0, 12);
}
