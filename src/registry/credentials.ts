import type { SourceKind } from "./model.ts";

/**
 * The sources whose entries may name files. Whoever can write their entries deploys this service, and could read its
 * files anyway. The entries of others may come from tenants, who could have the token of the service account sent to an
 * address of their own.
 */
const trusted: ReadonlySet<SourceKind> = new Set(["environment", "file"]);

/** Whether entries of a source may name files. */
export function mayNameFiles(source: SourceKind): boolean {
  return trusted.has(source);
}
