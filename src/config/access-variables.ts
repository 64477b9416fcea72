import { type Openable, openable } from "../access/open-paths.ts";
import type { TrustedProxies } from "../access/trusted-proxies.ts";
import { withoutPassword } from "../base/without-password.ts";
import { checked, choice, duration, list, text, type ValuesOf } from "./config-variable.ts";

/** Who may call, and what. */
export const accessVariables = {
  authMode: choice("AUTH_MODE", ["off", "oidc", "kubernetes"], {
    default: "off",
    meaning:
      "Who checks bearer tokens: nobody, an OpenID Connect issuer's keys, or the Kubernetes API server, which then also says which models a caller may use.",
  }),
  authOpen: list("AUTH_OPEN", `some of ${openable.join(", ")} with commas between them, or none`, {
    default: "health,metrics",
    meaning:
      "What stays open to callers without credentials: probes and gRPC health (without that of models), `/metrics`, `/openapi.json`.",
  }),
  authCacheTtlMs: duration("AUTH_CACHE_TTL", ["1s", "5m"], {
    off: true,
    default: "10s",
    meaning: "How long a valid token, and what its caller may use, is cached.",
  }),
  authModelsClaim: text("AUTH_MODELS_CLAIM", "the name of a claim, or a path to it with dots", {
    meaning:
      "The claim that lists the models a caller may use: names, `namespace/name`, `namespace/*` or `*`. Unset: every caller with a good token may use all. With `AUTH_MODE=oidc`.",
  }),
  authVersionsClaim: text("AUTH_VERSIONS_CLAIM", "the name of a claim, or a path to it with dots", {
    meaning:
      "The claim that lists what a caller may do in the registry of versions: `read:NAME`, `write:NAME` (which includes reading), with `*` for every registered model, or `*` alone. Unset: every caller with a good token may do all, unless `AUTH_MODELS_CLAIM` is set; then nobody may. With `AUTH_MODE=oidc`.",
  }),
  versionsNamespace: text("VERSIONS_NAMESPACE", "a namespace", {
    meaning:
      "The namespace in which the Kubernetes API server is asked whether a caller may read or change the registry of versions (`registeredmodels`, `modelversions`, ... of `versions.kserve-model-registry.io`). Unset: `KSERVE_NAMESPACE`, else the pod's own. With `AUTH_MODE=kubernetes`.",
  }),
  oidcIssuer: checked("OIDC_ISSUER", "an http or https address", isAddress, {
    meaning: "The issuer of tokens, exactly as their `iss` names it. With `AUTH_MODE=oidc`.",
  }),
  oidcAudience: list("OIDC_AUDIENCE", "texts with commas between them", {
    meaning: "The audiences of which a token's `aud` has to name one. With `AUTH_MODE=oidc`.",
  }),
  oidcJwksUrl: checked("OIDC_JWKS_URL", "an http or https address", isAddress, {
    meaning: "Where the issuer's keys are. Unset: where its `/.well-known/openid-configuration` says.",
  }),
  oidcClockToleranceMs: duration("OIDC_CLOCK_TOLERANCE", ["1s", "5m"], {
    off: true,
    default: "30s",
    meaning: "How far the clocks of the issuer and of this server may differ.",
  }),
  kubernetesAudience: list("KUBERNETES_AUDIENCE", "texts with commas between them", {
    meaning:
      "The audiences of which a token has to name one. Unset: the API server's own. With `AUTH_MODE=kubernetes`.",
  }),
  authProxies: list("AUTH_PROXIES", "names with commas between them", {
    meaning:
      "The proxies that sign users in and may name the user of a call: a name of their client certificate (`TLS_CLIENT_CA_FILE`), or the user of their own token (`system:serviceaccount:NAMESPACE:NAME`). Unset: such headers are ignored. With `AUTH_MODE=kubernetes`.",
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
      "The authorities that sign client certificates. With it every call needs one, but for what `AUTH_OPEN` leaves open; read again when it changes.",
  }),
  tlsClientNames: list("TLS_CLIENT_NAMES", "names with commas between them", {
    meaning:
      "The names that are let in: a DNS, URI or mail name of the client certificate, or its common name. Unset: every one that the authorities have signed.",
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
