import { createHash } from "node:crypto";
import type { RegisteredModel } from "../registry/model.ts";
import type { ModelFilter, Snapshot } from "../registry/registry.ts";
import { matches } from "../registry/registry.ts";
import { invalidField, RegistryError } from "../registry/registry-error.ts";

export const defaultPageSize = 50;
export const maxPageSize = 1000;

/** How the caller's protocol calls the fields of paging, for messages. */
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
 * Finds one page by name, so that models that come and go between pages neither repeat nor hide others.
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
  if (pageSize < 0) throw invalidField(names.size, `${pageSize} must be 0 or more`);
  const size = Math.min(pageSize === 0 ? defaultPageSize : pageSize, maxPageSize);
  const after = pageToken === "" ? undefined : readToken(pageToken, filter, names);
  const models: RegisteredModel[] = [];
  let totalSize = 0;
  let more = false;
  for (const name of snapshot.names) {
    const model = snapshot.models.get(name)!;
    if (!matches(model, filter)) continue;
    totalSize++;
    if (after !== undefined && name <= after) continue;
    if (models.length < size) models.push(model);
    else more = true;
  }
  return { models, nextPageToken: more ? writeToken(models.at(-1)!.name, filter) : "", totalSize };
}

function writeToken(lastName: string, filter: ModelFilter): string {
  return Buffer.from(`${filterHash(filter)}${lastName}`).toString("base64url");
}

function readToken(token: string, filter: ModelFilter, names: PageNames): string {
  const text = Buffer.from(token, "base64url").toString("latin1");
  const match = /^([0-9a-f]{8})([-.a-z0-9]{1,253}\/)?([-a-z0-9]{1,63})$/.exec(text);
  if (match === null || Buffer.from(text, "latin1").toString("base64url") !== token) {
    throw tokenError(names, `is none that this server gave; use the ${names.nextToken} of the page before`);
  }
  if (match[1] !== filterHash(filter)) {
    throw tokenError(names, "was given for other filters; keep type, namespace and trigger over all pages");
  }
  return `${match[2] ?? ""}${match[3]!}`;
}

function filterHash(filter: ModelFilter): string {
  const text = JSON.stringify([filter.type ?? "", filter.namespace ?? "", filter.trigger ?? ""]);
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}

function tokenError({ token: field }: PageNames, description: string): RegistryError {
  return new RegistryError("INVALID_PAGE_TOKEN", `${field} ${description}`, { violations: [{ field, description }] });
}
