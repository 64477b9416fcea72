import { createHash } from "node:crypto";
import type { RegisteredModel } from "../registry/model.ts";
import { type ModelKey, modelKey } from "../registry/model-key.ts";
import { type ModelFilter, matches, type Snapshot } from "../registry/registry.ts";
import { invalidField, RegistryError } from "../registry/registry-error.ts";

export const defaultPageSize = 50;
export const maxPageSize = 1000;

/** The names of the paging fields in the caller's protocol, for messages. */
export interface PageNames {
  readonly size: string;
  readonly token: string;
  readonly nextToken: string;
}

/** One page of models (AIP-158). */
export interface Page {
  readonly models: readonly RegisteredModel[];
  /** Empty on the last page. */
  readonly nextPageToken: string;
  /** How many models match the filter, over all pages. */
  readonly totalSize: number;
}

/**
 * Finds a page by name and namespace rather than by offset, so that models that come and go between pages make none
 * appear twice or not at all.
 *
 * @throws RegistryError INVALID_REQUEST, INVALID_PAGE_TOKEN
 */
export function listPage(
  snapshot: Snapshot,
  filter: ModelFilter,
  pageSize: number,
  pageToken: string,
  names: PageNames = { size: "page_size", token: "page_token", nextToken: "next_page_token" },
): Page {
  const size = pageSizeOf(pageSize, names.size);
  const after = pageToken === "" ? undefined : readToken(pageToken, filter, names);
  const matching = keysOf(snapshot, filter);
  const start = after === undefined ? 0 : firstBehind(matching, after);
  const end = Math.min(start + size, matching.length);
  return {
    models: matching.slice(start, end).map((key) => snapshot.models.get(key)!),
    nextPageToken: end < matching.length ? writeToken(matching[end - 1]!, filter) : "",
    totalSize: matching.length,
  };
}

/**
 * The page size for a request of the contract (AIP-158).
 *
 * @throws RegistryError INVALID_REQUEST
 */
export function pageSizeOf(asked: number, field = "page_size"): number {
  if (asked < 0) throw invalidField(field, `${asked} must be 0 or more`);
  return Math.min(asked === 0 ? defaultPageSize : asked, maxPageSize);
}

/** How many filters are cached for one snapshot: callers could send any number. */
const maxRemembered = 16;

const remembered = new WeakMap<Snapshot["models"], Map<string, readonly ModelKey[]>>();

/**
 * The sorted keys of the models that match a filter, found once per snapshot, so that a page costs no more than its
 * models.
 */
function keysOf({ models, keys }: Snapshot, filter: ModelFilter): readonly ModelKey[] {
  const { type, namespace, cluster, trigger } = filter;
  const asked = [type, namespace, cluster, trigger];
  if (asked.every((value) => value === undefined)) return keys;
  const byFilter = remembered.get(models) ?? new Map<string, readonly ModelKey[]>();
  remembered.set(models, byFilter);
  const filterText = JSON.stringify(asked);
  let matching = byFilter.get(filterText);
  if (matching === undefined) {
    matching = keys.filter((key) => matches(models.get(key)!, filter));
    if (byFilter.size >= maxRemembered) byFilter.clear();
    byFilter.set(filterText, matching);
  }
  return matching;
}

/** The index of the first key behind another one. */
function firstBehind(keys: readonly ModelKey[], after: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! <= after) low = middle + 1;
    else high = middle;
  }
  return low;
}

function writeToken(lastKey: ModelKey, filter: ModelFilter): string {
  return Buffer.from(`${filterHash(filter)}${lastKey}`).toString("base64url");
}

/**
 * Sorts after every key of a name. Page tokens of older servers, which knew one model of each name, end with a name.
 */
const behindName = "~";

/** The last key of the page before, from its token. */
function readToken(token: string, filter: ModelFilter, names: PageNames): string {
  const text = Buffer.from(token, "base64url").toString("latin1");
  const match = /^([0-9a-f]{8})((?:[-.a-z0-9]{1,253}\/)?[-a-z0-9]{1,63})(?: ([-a-z0-9]{1,63}))?$/.exec(text);
  if (match === null || Buffer.from(text, "latin1").toString("base64url") !== token) {
    throw tokenError(names, `was not given by this server; use the ${names.nextToken} of the page before`);
  }
  if (match[1] !== filterHash(filter)) {
    throw tokenError(names, "was given for other filters; keep type, namespace, cluster and trigger over all pages");
  }
  return modelKey(match[2]!, match[3] ?? behindName);
}

function tokenError({ token: field }: PageNames, description: string): RegistryError {
  return new RegistryError("INVALID_PAGE_TOKEN", `${field} ${description}`, { violations: [{ field, description }] });
}

/** A hash of the filter for the page token, which is only valid with the same filter. */
export function filterHash(filter: ModelFilter): string {
  const { type = "", namespace = "", trigger = "", cluster } = filter;
  // Leaves the cluster out where there is none, so that page tokens of older servers stay valid.
  const text = JSON.stringify([type, namespace, trigger, ...(cluster === undefined ? [] : [cluster])]);
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}
