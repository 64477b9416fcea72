import type { JWTVerifyGetKey, JWTVerifyOptions } from "jose";
import { badToken, checkFailed } from "./bearer-token.ts";
import { boundedFetch } from "./bounded-fetch.ts";
import { accessFromClaims, type ClaimNames, type Claims } from "./claim-rule.ts";
import type { Authenticate } from "./guard.ts";

export interface OidcOptions {
  /** The `iss` of tokens, compared exactly. */
  readonly issuer: string;
  /** One of these has to be in the `aud` of a token. */
  readonly audiences: readonly string[];
  /** Where the keys are. Undefined: where the issuer's `/.well-known/openid-configuration` says. */
  readonly jwksUrl: string | undefined;
  /** How far clocks may differ, in milliseconds. */
  readonly clockToleranceMs: number;
  /** The claims that say what a caller may do. */
  readonly claims: ClaimNames;
  /** The least time between two fetches of the keys that a token with an unknown key causes. Default: 10 s. */
  readonly keysCooldownMs?: number;
}

/** How long the issuer may take to answer. */
const fetchTimeoutMs = 5000;
/** Asymmetric algorithms only: a key that verifies tokens must not be able to sign them. */
const algorithms = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
];

type Jose = typeof import("jose");

/** Checks JSON Web Tokens of one issuer with its published keys, which are read when they are first needed. */
export function createOidc(options: OidcOptions): Authenticate {
  const verifyOptions: JWTVerifyOptions = {
    issuer: options.issuer,
    audience: [...options.audiences],
    algorithms,
    clockTolerance: options.clockToleranceMs / 1000,
    requiredClaims: ["exp"],
  };
  let keys: Promise<JWTVerifyGetKey> | undefined;
  const keysOf = (jose: Jose): Promise<JWTVerifyGetKey> => {
    keys ??= createKeys(jose, options).catch((error: unknown) => {
      keys = undefined;
      throw error;
    });
    return keys;
  };

  return async (token) => {
    const jose = await import("jose");
    let claims: Claims;
    try {
      claims = await verify(jose, token, await keysOf(jose), verifyOptions);
    } catch (error) {
      throw refusal(error);
    }
    const untilMs = Number(claims.exp) * 1000 + options.clockToleranceMs;
    return { access: accessFromClaims(claims, options.claims), untilMs };
  };
}

async function createKeys(jose: Jose, options: OidcOptions): Promise<JWTVerifyGetKey> {
  return jose.createRemoteJWKSet(new URL(options.jwksUrl ?? (await discover(options.issuer))), {
    timeoutDuration: fetchTimeoutMs,
    cooldownDuration: options.keysCooldownMs ?? 10_000,
    [jose.customFetch]: boundedFetch,
  });
}

/** Where an issuer says that its keys are (OpenID Connect Discovery 1.0, 4). */
async function discover(issuer: string): Promise<string> {
  const url = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const response = await boundedFetch(url, { redirect: "error", signal: AbortSignal.timeout(fetchTimeoutMs) });
  if (response.status !== 200) throw new Error(`${url} answered HTTP ${response.status}`);
  const found = (await response.json()) as { readonly issuer?: unknown; readonly jwks_uri?: unknown };
  if (found.issuer !== issuer) throw new Error(`${url} is of another issuer, ${JSON.stringify(found.issuer)}`);
  if (typeof found.jwks_uri !== "string") throw new Error(`${url} names no jwks_uri`);
  return found.jwks_uri;
}

async function verify(jose: Jose, token: string, keys: JWTVerifyGetKey, options: JWTVerifyOptions): Promise<Claims> {
  try {
    return (await jose.jwtVerify(token, keys, options)).payload;
  } catch (error) {
    if (isWeakKey(error)) throw new jose.errors.JWKSNoMatchingKey();
    // A token need not say which of several keys it was signed with.
    if (!(error instanceof jose.errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      try {
        return (await jose.jwtVerify(token, key, options)).payload;
      } catch (inner) {
        if (!(inner instanceof jose.errors.JWSSignatureVerificationFailed) && !isWeakKey(inner)) throw inner;
      }
    }
    throw new jose.errors.JWSSignatureVerificationFailed();
  }
}

/** A key that is too short is ignored; the issuer's other keys stay in use. */
function isWeakKey(error: unknown): boolean {
  return error instanceof TypeError && /modulusLength/.test(error.message);
}

const claimProblems: Readonly<Record<string, string>> = {
  aud: "it is for another audience",
  iss: "it is from another issuer",
  nbf: "it is not valid yet",
  exp: "it does not say when it expires",
};

const unverified = "no key of the issuer verifies it";
const tokenProblems: Readonly<Record<string, string>> = {
  ERR_JWT_EXPIRED: "it has expired",
  ERR_JWS_INVALID: "it is not a JSON Web Token",
  ERR_JWT_INVALID: "it is not a JSON Web Token",
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: unverified,
  ERR_JWKS_NO_MATCHING_KEY: unverified,
  ERR_JOSE_ALG_NOT_ALLOWED: "it is not signed with a public key",
  ERR_JOSE_NOT_SUPPORTED: unverified,
};

/** A problem of the token is the caller's fault; a problem of the keys is not. */
function refusal(error: unknown): Error {
  const { code = "", claim = "" } = error as { readonly code?: string; readonly claim?: string };
  if (code === "ERR_JWT_CLAIM_VALIDATION_FAILED") return badToken(claimProblems[claim] ?? "a claim in it is wrong");
  const problem = tokenProblems[code];
  return problem === undefined
    ? checkFailed("The token issuer's keys could not be fetched, so the token could not be checked", error)
    : badToken(problem);
}
