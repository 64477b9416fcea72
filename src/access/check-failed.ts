import { RegistryError } from "../registry/registry-error.ts";

/** An ACCESS_CHECK_FAILED. The cause goes to the log alone. */
export function checkFailed(message: string, cause: unknown): RegistryError {
  return new RegistryError("ACCESS_CHECK_FAILED", message, { cause, retryAfterMs: 1000 });
}
