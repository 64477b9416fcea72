import { type Openable, openable } from "../access/open-paths.ts";
import type { TrustedProxies } from "../access/trusted-proxies.ts";
import { withoutPassword } from "../base/without-password.ts";
import { checked, choice, duration, list, text, type ValuesOf } from "./config-variable.ts";

/** Who may call, and what. */
export const accessVariables = {
  authMode: choice("AUTH_MODE", ["off", "oidc", "kubernetes"], {
    default: "off",
    meaning:
      "How bearer tokens are validated: not at all, with an OpenID Connect issuer's keys, or by the Kubernetes API server, which then also decides which models a caller may use.",
  }),
  authOpen: list("AUTH_OPEN", `a comma-separated choice of ${openable.join(", ")}, or none`, {
    default: "health,metrics",
    meaning:
      "What callers without credentials may still use: probes and gRPC health (except for single models), `/metrics`, `/openapi.json`.",
  }),
  authCacheTtlMs: duration("AUTH_CACHE_TTL", ["1s", "5m"], {
    off: true,
    default: "10s",
    meaning: "How long a valid token and its caller's permissions are cached.",
  }),
  authModelsClaim: text("AUTH_MODELS_CLAIM", "the name of a claim, or a dotted path to it", {
    meaning:
      "The claim that lists the models a caller may use: names, `namespace/name`, `namespace/*` or `*`. Unset: every caller with a valid token may use all models. With `AUTH_MODE=oidc`.",
  }),
  authVersionsClaim: text("AUTH_VERSIONS_CLAIM", "the name of a claim, or a dotted path to it", {
    meaning:
      "The claim that lists what a caller may do in the registry of versions: `read:NAME`, `write:NAME` (which includes reading), with `*` for every registered model, or `*` alone. Unset: every caller with a valid token may do everything, unless `AUTH_MODELS_CLAIM` is set; then no caller may do anything. With `AUTH_MODE=oidc`.",
  }),
  versionsNamespace: text("VERSIONS_NAMESPACE", "a namespace", {
    meaning:
      "The namespace in which the Kubernetes API server is asked whether a caller may read or change the registry of versions (`registeredmodels`, `modelversions`, ... of `versions.kserve-model-registry.io`). Unset: `KSERVE_NAMESPACE`, else the pod's own. With `AUTH_MODE=kubernetes`.",
  }),
  oidcIssuer: checked("OIDC_ISSUER", "an http or https address", isAddress, {
    meaning: "The token issuer, exactly as in the `iss` claim. With `AUTH_MODE=oidc`.",
  }),
  oidcAudience: list("OIDC_AUDIENCE", "comma-separated strings", {
    meaning: "The accepted audiences; a token's `aud` must contain one of them. With `AUTH_MODE=oidc`.",
  }),
  oidcJwksUrl: checked("OIDC_JWKS_URL", "an http or https address", isAddress, {
    meaning: "The address of the issuer's keys. Unset: taken from its `/.well-known/openid-configuration`.",
  }),
  oidcClockToleranceMs: duration("OIDC_CLOCK_TOLERANCE", ["1s", "5m"], {
    off: true,
    default: "30s",
    meaning: "How much the clocks of the issuer and this server may differ.",
  }),
  kubernetesAudience: list("KUBERNETES_AUDIENCE", "comma-separated strings", {
    meaning:
      "The accepted audiences; a token must be valid for one of them. Unset: the API server's own. With `AUTH_MODE=kubernetes`.",
  }),
  authProxies: list("AUTH_PROXIES", "comma-separated names", {
    meaning:
      "The proxies that authenticate users and may pass on the user of a call: a name in their client certificate (`TLS_CLIENT_CA_FILE`), or the user of their own token (`system:serviceaccount:NAMESPACE:NAME`). Unset: such headers are ignored. With `AUTH_MODE=kubernetes`.",
  }),
  authUserHeader: checked("AUTH_USER_HEADER", "the name of a header", isHeaderName, {
    default: "kubeflow-userid",
    meaning: "The header in which a proxy of `AUTH_PROXIES` names the user.",
  }),
  authGroupsHeader: checked("AUTH_GROUPS_HEADER", "the name of a header", isHeaderName, {
    default: "kubeflow-groups",
    meaning: "The header in which a proxy of `AUTH_PROXIES` names the user's groups, separated by commas.",
  }),
  tlsClientCaFile: text("TLS_CLIENT_CA_FILE", "a path to a PEM file", {
    meaning:
      "The CA certificates for client certificates. If set, every call needs a client certificate, except for what `AUTH_OPEN` allows. Reloaded when it changes.",
  }),
  tlsClientNames: list("TLS_CLIENT_NAMES", "comma-separated names", {
    meaning:
      "The accepted names: a DNS, URI or email name in the client certificate, or its common name. Unset: every certificate signed by these CAs.",
  }),
} as const;

/** What the rules below look at, by variable. */
type AccessSettings = ValuesOf<typeof accessVariables> & { readonly tlsCertFile: string | undefined };

/** The mode that a variable is for. */
const neededModes = {
  oidcIssuer: "oidc",
  oidcAudience: "oidc",
  oidcJwksUrl: "oidc",
  authModelsClaim: "oidc",
  authVersionsClaim: "oidc",
  kubernetesAudience: "kubernetes",
  authProxies: "kubernetes",
} as const;

/** What does not go together. Who sets half of it believes to be protected, so it is never ignored. */
export function accessProblems(settings: AccessSettings): string[] {
  const { authMode, authOpen, oidcIssuer, oidcAudience } = settings;
  const problems: string[] = [];
  if (authMode === "oidc" && oidcIssuer === undefined) problems.push("OIDC_ISSUER: missing, AUTH_MODE=oidc needs it");
  if (authMode === "oidc" && !oidcAudience?.length) problems.push("OIDC_AUDIENCE: missing, AUTH_MODE=oidc needs it");
  for (const [key, mode] of Object.entries(neededModes) as [keyof typeof neededModes, AccessSettings["authMode"]][]) {
    if (settings[key] === undefined || authMode === mode) continue;
    problems.push(`${accessVariables[key].name}: needs AUTH_MODE=${mode}, and AUTH_MODE is ${authMode}`);
  }
  const known: readonly string[] = authOpen.length === 1 ? [...openable, "none"] : openable;
  if (!authOpen.every((name) => known.includes(name))) {
    problems.push(
      `AUTH_OPEN: expected ${accessVariables.authOpen.form}, found ${JSON.stringify(withoutPassword(authOpen.join(",")))}`,
    );
  }
  if (settings.tlsClientCaFile !== undefined && settings.tlsCertFile === undefined) {
    problems.push("TLS_CLIENT_CA_FILE: needs TLS_CERT_FILE and TLS_KEY_FILE");
  }
  if (settings.tlsClientNames !== undefined && settings.tlsClientCaFile === undefined) {
    problems.push("TLS_CLIENT_NAMES: needs TLS_CLIENT_CA_FILE");
  }
  for (const key of ["tlsClientNames", "kubernetesAudience", "authProxies"] as const) {
    if (settings[key]?.length === 0) problems.push(`${accessVariables[key].name}: expected at least one`);
  }
  return problems;
}

/** What is open to all. */
export function openOf({ authOpen }: Pick<AccessSettings, "authOpen">): readonly Openable[] {
  return authOpen.filter((name): name is Openable => name !== "none");
}

/** Who may speak for others, and in which headers; Node has their names in lower case. */
export function trustedProxies(
  settings: Pick<AccessSettings, "authProxies" | "authUserHeader" | "authGroupsHeader">,
): TrustedProxies {
  return {
    names: settings.authProxies ?? [],
    userHeader: settings.authUserHeader.toLowerCase(),
    groupsHeader: settings.authGroupsHeader.toLowerCase(),
  };
}

function isHeaderName(value: string): boolean {
  return /^[\w-]{1,64}$/.test(value) && value.toLowerCase() !== "authorization";
}

function isAddress(value: string): boolean {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol) && new URL(value).username === "";
}
