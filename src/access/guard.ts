import type { IncomingHttpHeaders } from "node:http";
import { digestOf } from "../base/digest-of.ts";
import { type Access, anonymous, everyone } from "../registry/access.ts";
import { RegistryError } from "../registry/registry-error.ts";
import { bearerToken } from "./bearer-token.ts";
import { admittedCertificate, type ClientCertificates, type Peer } from "./client-certificate.ts";
import { DecisionCache } from "./decision-cache.ts";
import type { OpenPaths } from "./open-paths.ts";
import { type NamedUser, namedUser, type TrustedProxies } from "./trusted-proxies.ts";

/** The part of a request that the guard looks at. */
export interface CallHead {
  /** Without its query. */
  readonly path: string;
  readonly authorization: string | undefined;
  /** The connection. */
  readonly peer: Peer;
  /** All headers: a trusted proxy names the user in two of them. Default: none. */
  readonly headers?: IncomingHttpHeaders;
}

/** A caller that is known, and until when, in milliseconds since the epoch. */
export interface Known {
  readonly access: Access;
  readonly untilMs: number;
}

/** How often the token of an open stream is checked again where decisions are not cached, in milliseconds. */
const uncachedLeaseMs = 10_000;

/**
 * Finds out who a token belongs to. An address that sends many tokens waits behind other addresses. Throws
 * RegistryError UNAUTHENTICATED, ACCESS_CHECK_FAILED.
 */
export type Authenticate = (token: string, peer: Peer) => Promise<Known>;

/** For how long a refused token is remembered, in milliseconds, and how many are remembered. */
const refusalTtlMs = 5000;
const maxRefusals = 10_000;

export interface GuardOptions {
  /** Undefined: no token is asked for. */
  readonly authenticate: Authenticate | undefined;
  /** Undefined: no client certificate is asked for. */
  readonly certificates: ClientCertificates | undefined;
  /** Proxies that may act for other users, and what those users may do. Undefined: there are none. */
  readonly proxied?: { readonly proxies: TrustedProxies; accessOf(user: NamedUser): Access } | undefined;
  /** What is open to all. */
  readonly open: OpenPaths;
  /** For how long a valid token is not checked again, in milliseconds. */
  readonly ttlMs: number;
}

/** Guards every endpoint: nothing of a request but its head is read before the caller is known. */
export interface Guard {
  /** What the answer to a refused call says about how to authenticate: the value of `www-authenticate`. */
  readonly challenge: string;
  /** @throws RegistryError UNAUTHENTICATED, PERMISSION_DENIED, ACCESS_CHECK_FAILED */
  admit(head: CallHead): Promise<Access>;
}

export function createGuard({ authenticate, certificates, proxied, open, ttlMs }: GuardOptions): Guard {
  const known = new DecisionCache<Known>({ ttlMs });
  // Kept apart from valid tokens, so that a flood of bad tokens cannot push valid ones out of the cache.
  const refused = new DecisionCache<RegistryError>({ ttlMs: Math.min(ttlMs, refusalTtlMs), maxEntries: maxRefusals });
  const accessOf = async (token: string, peer: Peer, check: Authenticate): Promise<Access> => {
    const digest = digestOf(token);
    const refusal = refused.peek(digest);
    if (refusal !== undefined) throw refusal;
    const { access, untilMs } = await known.get(
      digest,
      () => check(token, peer).catch((error: unknown) => refuse(digest, error)),
      (found) => found.untilMs,
    );
    const leaseMs = Date.now() + (ttlMs || uncachedLeaseMs);
    return { ...access, lease: { untilMs: Math.min(untilMs, leaseMs), renew: () => accessOf(token, peer, check) } };
  };
  const refuse = (digest: string, error: unknown): never => {
    if (error instanceof RegistryError && error.reason === "UNAUTHENTICATED") refused.keep(digest, error);
    throw error;
  };
  return {
    challenge: authenticate === undefined ? "ClientCertificate" : 'Bearer realm="kserve-model-registry"',
    async admit({ path, authorization, peer, headers = {} }) {
      const openness = open(path);
      if (openness === "for-all") return anonymous;
      // Health is open to all, but a model's health only to those who may use the model.
      if (openness === "for-anonymous-too" && isAnonymous(authenticate, authorization, peer)) return anonymous;
      const certificate = certificates && admittedCertificate(certificates, peer);
      const user = (names: readonly (string | undefined)[]): NamedUser | undefined =>
        proxied?.proxies.names.some((one) => names.includes(one)) ? namedUser(headers, proxied.proxies) : undefined;
      const byCertificate = certificate && user(certificate.names);
      if (byCertificate !== undefined) return { ...proxied!.accessOf(byCertificate), byProxy: true };
      if (authenticate === undefined) return { ...everyone, caller: certificate?.name };
      const own = await accessOf(bearerToken(authorization), peer, authenticate);
      const spokenFor = (proxy: Access): Access => {
        const person = user([proxy.caller]);
        if (person === undefined) return proxy;
        const { lease } = proxy;
        const renewed = lease && { ...lease, renew: async () => spokenFor(await lease.renew()) };
        return { ...proxied!.accessOf(person), byProxy: true, ...(renewed && { lease: renewed }) };
      };
      return spokenFor(own);
    },
  };
}

function isAnonymous(authenticate: Authenticate | undefined, authorization: string | undefined, peer: Peer): boolean {
  return authenticate === undefined ? peer.authorized !== true : authorization === undefined;
}
