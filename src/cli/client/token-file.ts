import { readSmallFile } from "../../base/read-small-file.ts";
import { Failure, usageFailure } from "../failure.ts";

/** The variable that stands in for `--token-file`. */
export const tokenFileVariable = "KSERVE_MODEL_REGISTRY_TOKEN_FILE";

/** Checks that a token can be read, before anything is called. */
export function assertTokenFile(path: string, given: string): void {
  try {
    readTokenFile(path);
  } catch (error) {
    throw usageFailure(`${given} ${path} cannot be used: ${(error as Error).message}`);
  }
}

/** The token of a file, as it is now: Kubernetes replaces the tokens that it mounts. */
export function readTokenFile(path: string): string {
  const token = readSmallFile(path).toString().trim();
  // What it holds instead is not said: it may be a secret all the same.
  if (!/^[-._~+/0-9A-Za-z]+=*$/.test(token)) throw new Failure("it does not contain exactly one bearer token");
  return token;
}
