import { hash } from "node:crypto";
import { charsOfTexts } from "../../base/chars-of-texts.ts";
import { sortedInTurns } from "../../base/sorted-in-turns.ts";
import { yieldIfBusy } from "../../base/yield-if-busy.ts";
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

/** A page ends once its texts have this many characters: a single readme may have a million. */
export const maxPageChars = 2 * 1024 * 1024;

/** How long evaluating the filter of one page may take, in milliseconds, even if the caller has left. */
const maxFilterMs = 2000;

interface Identified {
  readonly id: string;
}

/** How many entries are tested between two looks at the clock. */
const stepLength = 16;

/** Sorts a list, in short turns of the event loop. */
export async function inOrder<Item extends Identified>(
  items: readonly Item[],
  { read, descending }: Order<Item>,
): Promise<readonly Item[]> {
  const placed: (Place & { readonly item: Item })[] = [];
  for (const item of items) {
    placed.push({ item, value: read(item), id: item.id });
    if (placed.length % stepLength === 0) await yieldIfBusy();
  }
  const sorted = await sortedInTurns(placed, (a, b) => comparePlaces(a, b, descending));
  return sorted.map(({ item }) => item);
}

/**
 * One page of a sorted list. It continues after the place in the token, so that entries which come and go between pages
 * make none appear twice or not at all. It tests no more entries than it needs, in short turns of the event loop.
 *
 * @param matches by an item, and by its index in the list
 * @param asked distinguishes this list from others: a token of another one is refused
 * @throws CatalogError INVALID_PAGE_TOKEN
 */
export async function pageOf<Item extends Identified>(
  ordered: readonly Item[],
  order: Order<Item>,
  matches: (item: Item, at: number) => boolean,
  { pageSize, pageToken }: PageRequest,
  asked: readonly unknown[],
): Promise<Page<Item>> {
  const mark = markOf([...asked, order.key, order.descending]);
  const placeOf = (item: Item): Place => ({ value: order.read(item), id: item.id });
  const after = pageToken === "" ? undefined : readToken(pageToken, mark);
  const items: Item[] = [];
  let chars = 0;
  let spentMs = 0;
  const from = after === undefined ? 0 : firstBehind(ordered, placeOf, after, order.descending);
  for (let i = from; i < ordered.length; i++) {
    // A filter may take long for a single entry.
    const pause = yieldIfBusy();
    if (pause !== undefined) await pause;
    const item = ordered[i]!;
    const beganMs = performance.now();
    const isWanted = matches(item, i);
    spentMs += performance.now() - beganMs;
    if (spentMs > maxFilterMs) {
      throw new CatalogError("INVALID_FILTER", "the filter takes too long; ask for less at a time", {
        position: undefined,
        problem: "limit",
      });
    }
    if (!isWanted) continue;
    if (items.length === pageSize || chars >= maxPageChars) {
      return { items, nextPageToken: writeToken(placeOf(items.at(-1)!), mark) };
    }
    items.push(item);
    chars += charsOf(item);
  }
  return { items, nextPageToken: "" };
}

/** Most of an entry's characters: its own texts, and those of its properties. */
function charsOf(item: object): number {
  const { customProperties = {} } = item as { readonly customProperties?: object };
  let chars = charsOfTexts(Object.values(item));
  for (const property of Object.values(customProperties)) chars += charsOfTexts(Object.values(property as object));
  return chars;
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

function writeToken({ value, id }: Place, mark: string): string {
  return Buffer.from(JSON.stringify([mark, value ?? null, id])).toString("base64url");
}

function readToken(token: string, mark: string): Place {
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
    throw refuse("it was not issued by this server");
  }
  if (found !== mark) throw refuse("it belongs to another list, filter or order");
  return { value: value ?? undefined, id };
}

function markOf(parts: readonly unknown[]): string {
  return hash("sha256", JSON.stringify(parts), "base64url").slice(0, 12);
}
