import type { PeerCertificate } from "node:tls";
import { RegistryError } from "../registry/registry-error.ts";

/** A connection: where it comes from and, with TLS, its certificate. */
export interface Peer {
  readonly remoteAddress?: string | undefined;
  readonly authorized?: boolean;
  readonly getPeerCertificate?: () => PeerCertificate;
}

/** Which client certificates are let in. */
export interface ClientCertificates {
  /** One of these names is enough. Empty: every certificate that the authorities have signed is let in. */
  readonly names: readonly string[];
}

/** The certificate of an admitted caller. */
export interface AdmittedCertificate {
  /** The name for which it was admitted. */
  readonly name: string | undefined;
  readonly names: readonly string[];
}

/**
 * The certificate of a caller, if it is let in.
 *
 * @throws RegistryError UNAUTHENTICATED without a certificate of the authorities, PERMISSION_DENIED for another name
 */
export function admittedCertificate({ names: allowed }: ClientCertificates, peer: Peer): AdmittedCertificate {
  if (peer.authorized !== true || peer.getPeerCertificate === undefined) {
    throw new RegistryError("UNAUTHENTICATED", "A client certificate signed by a CA of TLS_CLIENT_CA_FILE is needed");
  }
  const names = namesOf(peer.getPeerCertificate());
  const name = allowed.length === 0 ? names[0] : names.find((one) => allowed.includes(one));
  if (name !== undefined || allowed.length === 0) return { name, names };
  throw new RegistryError("PERMISSION_DENIED", "The client certificate has none of the names in TLS_CLIENT_NAMES");
}

/** The DNS, URI and mail names of a certificate, then its common name. */
export function namesOf(certificate: Pick<PeerCertificate, "subject" | "subjectaltname">): string[] {
  const common: unknown = certificate.subject?.CN;
  return [...alternativeNames(certificate.subjectaltname ?? ""), ...(typeof common === "string" ? [common] : [])];
}

/**
 * Node writes `DNS:a, URI:"b, c"`: what could be taken for a further name is quoted (CVE-2021-44532). A text of any
 * other form gives no names.
 */
function alternativeNames(text: string): string[] {
  const names: string[] = [];
  const item = /([A-Za-z][A-Za-z ]*):("(?:[^"\\]|\\.)*"|[^",]*)(?:, |$)/y;
  while (item.lastIndex < text.length) {
    const [, kind, value] = item.exec(text) ?? [];
    if (kind === undefined || value === undefined) return [];
    if (kind !== "DNS" && kind !== "URI" && kind !== "email") continue;
    names.push(value.startsWith('"') ? String(JSON.parse(value)) : value);
  }
  return names;
}
