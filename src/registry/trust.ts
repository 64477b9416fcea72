import { posix } from "node:path";
import { type EntryProblem, shown } from "../base/field-reader.ts";
import type { Credentials, ModelEntry } from "./model.ts";
import type { LocatedEntry } from "./ports.ts";

/** What entries may say, by where they come from. */
export interface TrustRules {
  /** The folders that files of credentials lie in. */
  readonly credentialsDirs: readonly string[];
  /** What stands behind `.svc.` in the names of Services: `cluster.local`. */
  readonly clusterDomain: string;
}

/** The domain of Services that several clusters share (Multi-Cluster Services API). */
const clusterSetDomain = "clusterset.local";

const credentialFields = [
  "caFile",
  "clientCertFile",
  "clientKeyFile",
  "tokenFile",
] as const satisfies readonly (keyof Credentials)[];

/**
 * What an entry says that it may not. Anyone who can write an object in one namespace must not be able to send the callers of another
 * one's models, or what they show of themselves, to a place of their own.
 *
 * @param cluster the further cluster that it comes from; empty for the own one
 */
export function untrustedFields({ entry, tenant }: LocatedEntry, cluster: string, rules: TrustRules): EntryProblem[] {
  if (tenant === undefined) return [];
  const problems: EntryProblem[] = [];
  const refuse = (field: string, found: string, move: string): void => {
    const place = cluster === "" ? tenant : `${cluster}/${tenant}`;
    const variable = cluster === "" ? "KSERVE_TRUSTED_NAMESPACES" : "KSERVE_CLUSTER_TRUSTED_NAMESPACES";
    const message = `${found}, and an object in ${tenant} may only register models of ${tenant}; ${move}, or add ${place} to ${variable}`;
    problems.push({ field, message });
  };
  const urlNamespace = entry.url === undefined ? undefined : namespaceOfUrl(entry.url, rules.clusterDomain);
  if (entry.url !== undefined && urlNamespace !== tenant) {
    const found = urlNamespace === undefined ? `is not the address of a Service of ${tenant}` : `is in ${urlNamespace}`;
    refuse(
      "url",
      found,
      `${moveTo(urlNamespace)}, or name a Service of ${tenant}, http://NAME.${tenant}.svc.${rules.clusterDomain}`,
    );
  }
  if (entry.namespace !== tenant && entry.namespace !== urlNamespace) {
    refuse("namespace", `is ${entry.namespace}`, moveTo(entry.namespace));
  }
  if (entry.forwardAuthorization) refuse("forwardAuthorization", "forwards callers' tokens", moveTo(undefined));
  for (const field of credentialFields) {
    if (entry.credentials?.[field] !== undefined) refuse(field, "names a file of this service", moveTo(undefined));
  }
  return problems;
}

function moveTo(namespace: string | undefined): string {
  return namespace === undefined ? "move the object to a trusted namespace" : `move the object to ${namespace}`;
}

/** The files that an entry names and that lie outside of the folders for them, whatever place it comes from. */
export function misplacedFiles({ credentials }: ModelEntry, { credentialsDirs }: TrustRules): EntryProblem[] {
  if (credentials === undefined) return [];
  return credentialFields.flatMap((field) => {
    const path = credentials[field];
    if (path === undefined || credentialsDirs.some((dir) => isBelow(path, dir))) return [];
    const message = `expected a file below ${credentialsDirs.join(" or ") || "a folder"} (KSERVE_CREDENTIALS_DIRS); found ${shown(path)}`;
    return [{ field, message }];
  });
}

/** Whether an absolute path leads below a folder, by its words alone: links are not resolved. */
export function isBelow(path: string, dir: string): boolean {
  const relative = posix.relative(dir, path);
  return relative !== "" && relative !== ".." && !relative.startsWith("../") && !posix.isAbsolute(relative);
}

/** The namespace of the Service that an address names; undefined where it names none. */
export function namespaceOfUrl(url: string, clusterDomain: string): string | undefined {
  return serviceOfHost(new URL(url).hostname, clusterDomain)?.namespace;
}

/** The Service that a host names, `NAME.NAMESPACE.svc…`; undefined where it names none. */
export function serviceOfHost(
  hostname: string,
  clusterDomain: string,
): { readonly namespace: string; readonly name: string } | undefined {
  const host = hostname.replace(/\.$/, "").toLowerCase();
  const service = [".svc", `.svc.${clusterDomain}`, `.svc.${clusterSetDomain}`].find((end) => host.endsWith(end));
  if (service === undefined) return undefined;
  const [namespace, name] = host.slice(0, -service.length).split(".").reverse();
  return namespace === undefined || name === undefined || name === "" ? undefined : { namespace, name };
}

/** The domain of the cluster as the format of addresses has it; `cluster.local` where it has none. */
export function clusterDomainOf(urlFormat: string): string {
  return /\.svc\.([a-z0-9][-a-z0-9.]*[a-z0-9])/.exec(urlFormat)?.[1] ?? "cluster.local";
}
