import type { SourceKind } from "./model.ts";

/** Files with what a model server wants to see of this service, as an entry names them. Absolute paths. */
export interface Credentials {
  /** Certificates of authorities, as PEM, besides the usual ones. */
  readonly caFile: string | undefined;
  /** The certificate that is shown to the model server, as PEM. There together with `clientKeyFile`. */
  readonly clientCertFile: string | undefined;
  readonly clientKeyFile: string | undefined;
  /** A bearer token. */
  readonly tokenFile: string | undefined;
}

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
