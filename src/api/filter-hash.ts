import { createHash } from "node:crypto";
import type { ModelFilter } from "../registry/registry.ts";

/** Distinguishes filters in a page token, which goes on only with the filters that it was given for. */
export function filterHash(filter: ModelFilter): string {
  const { type = "", namespace = "", trigger = "", cluster } = filter;
  // Tokens of servers before this one, which knew no cluster, stay good.
  const text = JSON.stringify([type, namespace, trigger, ...(cluster === undefined ? [] : [cluster])]);
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}
