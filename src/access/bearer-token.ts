import { RegistryError } from "../registry/registry-error.ts";

/**
 * The bearer token of an `authorization` header (RFC 6750).
 *
 * @throws RegistryError UNAUTHENTICATED
 */
export function bearerToken(authorization: string | undefined): string {
  const token = /^bearer +([-._~+/0-9a-z]+=*)$/i.exec(authorization ?? "")?.[1];
  if (token !== undefined) return token;
  const found = authorization === undefined ? "" : ", and nothing else";
  throw new RegistryError("UNAUTHENTICATED", `A bearer token is needed: send \`authorization: Bearer ...\`${found}`);
}

/** The error for a malformed or invalid token. Its message says what to check and never contains the token. */
export function badToken(why: string): RegistryError {
  return new RegistryError("UNAUTHENTICATED", `The bearer token is rejected: ${why}`);
}

/** An ACCESS_CHECK_FAILED. The cause goes to the log alone. */
export function checkFailed(message: string, cause: unknown): RegistryError {
  return new RegistryError("ACCESS_CHECK_FAILED", message, { cause, retryAfterMs: 1000 });
}
