import { withoutTrailingSlashes } from "../../base/field-reader.ts";
import { withoutPassword } from "../../base/without-password.ts";
import { usageFailure } from "../failure.ts";

/** Where a server listens when it was started with no configuration. */
export const defaultAddress = "http://127.0.0.1:8080";

/** The variable that stands in for `--address`. */
export const addressVariable = "KSERVE_MODEL_REGISTRY_ADDRESS";

/**
 * Reads the address of a server: `http://host:port`, `https://host`, with a path prefix where a gateway asks for one;
 * `host:port` alone means http.
 *
 * @param where the option or variable that it was given by, for the message
 * @returns the address without a slash at the end
 * @throws Failure of wrong usage
 */
export function readAddress(text: string, where: string): string {
  const form = "expected an address such as http://127.0.0.1:8080 or registry.example:8080";
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  if (url === null) throw usageFailure(`${where}: ${form}; found ${JSON.stringify(withoutPassword(text))}`);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw usageFailure(`${where}: ${form}, with http or https; found ${url.protocol.slice(0, -1)}`);
  }
  // The value itself is left out: it may hold a password.
  if (url.username !== "" || url.password !== "") throw usageFailure(`${where}: ${form}, without a user in it`);
  if (url.search !== "" || url.hash !== "") throw usageFailure(`${where}: ${form}, without '?' and '#'`);
  return url.origin + withoutTrailingSlashes(url.pathname);
}
