import { createHash } from "node:crypto";
import type { KindOrArtifact, ListQuery, OrderBy, PageQuery } from "./ports.ts";
import { VersionsError } from "./versions-error.ts";

/** The last record of a page: the value that the list is ordered by, and its id. Both are decimal numbers. */
export interface PagePosition {
  readonly value: string;
  readonly id: string;
}

const maxTokenLength = 1024;
const decimal = /^\d{1,19}$/;

/** The order of a query, with its defaults. */
export function orderOf(query: ListQuery): { readonly by: OrderBy; readonly descending: boolean } {
  return { by: query.orderBy ?? "ID", descending: query.descending ?? false };
}

/** The token for the page after a record. It contains the order, the position and a hash of the query. */
export function pageToken(kind: KindOrArtifact, query: ListQuery, { value, id }: PagePosition): string {
  const { by, descending } = orderOf(query);
  return Buffer.from(JSON.stringify([by, descending, value, id, hashOf(kind, query)])).toString("base64url");
}

/** Where the page that a token asks for starts; undefined for the first. Fails with INVALID_PAGE_TOKEN. */
export function positionOf(kind: KindOrArtifact, query: PageQuery): PagePosition | undefined {
  const token = query.pageToken ?? "";
  if (token === "") return undefined;
  const parts = read(token);
  if (parts === undefined) throw invalid("it was not issued by this server");
  const [by, descending, value, id, hash] = parts;
  const order = orderOf(query);
  if (by !== order.by || descending !== order.descending) throw invalid("it belongs to a list in another order");
  if (hash !== hashOf(kind, query)) throw invalid("it belongs to another list or filter");
  return { value, id };
}

function invalid(why: string): VersionsError {
  return new VersionsError("INVALID_PAGE_TOKEN", `the page token cannot be used: ${why}`, {});
}

function read(token: string): [string, boolean, string, string, string] | undefined {
  if (token.length > maxTokenLength) return undefined;
  try {
    const bytes = Buffer.from(token, "base64url");
    // Invalid base64 is silently skipped, so the result is compared.
    if (bytes.toString("base64url") !== token) return undefined;
    const parts: unknown = JSON.parse(bytes.toString());
    if (!Array.isArray(parts) || parts.length !== 5) return undefined;
    const [by, descending, value, id, hash] = parts as unknown[];
    const texts = [by, value, id, hash].every((part) => typeof part === "string");
    if (!texts || typeof descending !== "boolean") return undefined;
    if (!decimal.test(value as string) || !decimal.test(id as string)) return undefined;
    return parts as [string, boolean, string, string, string];
  } catch {
    return undefined;
  }
}

function hashOf(kind: KindOrArtifact, query: ListQuery): string {
  const where = Object.entries(query.where ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const text = JSON.stringify([kind, where, query.filter?.trim() ?? ""]);
  return createHash("sha256").update(text).digest("base64url").slice(0, 16);
}
