import { createHash } from "node:crypto";
import type { ModelFilter } from "../registry/registry.ts";

/** Tells filters apart in a token that a caller hands in again: it goes on only with those that it was given for. */
export function filterHash(filter: ModelFilter): string {
  const text = JSON.stringify([filter.type ?? "", filter.namespace ?? "", filter.trigger ?? ""]);
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}
