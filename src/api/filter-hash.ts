import { createHash } from "node:crypto";
import type { ModelFilter } from "../registry/registry.ts";

/** Tells filters apart in a token that a caller hands in again: it goes on only with those that it was given for. */
export function filterHash(filter: ModelFilter): string {
  const { type = "", namespace = "", trigger = "", cluster } = filter;
  // Tokens of servers before this one, which knew no cluster, stay good.
  const text = JSON.stringify([type, namespace, trigger, ...(cluster === undefined ? [] : [cluster])]);
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}
