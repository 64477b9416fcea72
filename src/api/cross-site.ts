import { RegistryError } from "../registry/registry-error.ts";
import type { HttpRequest } from "./http.ts";

/** Safe methods (RFC 9110, 9.2.1). CORS keeps their answers from pages of other sites. */
const safeMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Refuses requests that a browser sends for a page of another site: a write or a prediction would be carried out before
 * CORS is checked, with the network access of the page's visitor. Browsers set the header, and pages cannot change it.
 *
 * @throws RegistryError PERMISSION_DENIED
 */
export function assertSameSite(origins: readonly string[], { method, headers }: HttpRequest): void {
  if (safeMethods.has(method ?? "GET")) return;
  const { origin } = headers;
  const site = headers["sec-fetch-site"];
  if (origin === undefined && site === undefined) return;
  // `none`: the user typed the address or opened a bookmark.
  if (site === "same-origin" || site === "none") return;
  if (origins.includes("*") || (origin !== undefined && origins.includes(origin))) return;
  if (origin !== undefined && isOrigin(origin, headers[":authority"] ?? headers.host)) return;
  const from = origin === undefined ? "" : ` ${origin.slice(0, 200)}`;
  throw new RegistryError(
    "PERMISSION_DENIED",
    `A page of another origin${from} may not do this; CORS_ALLOWED_ORIGINS names the origins that may`,
  );
}

/**
 * Refuses writes that a page of another site made a browser send. Browsers send `origin` with every write, and other
 * programs do not. The content type proves nothing, as forms can choose it. With `*` every page may read and none may
 * write: any page could otherwise write with its visitor's network access.
 *
 * @throws RegistryError PERMISSION_DENIED
 */
export function refuseOtherSites({ headers }: HttpRequest, allowedOrigins: readonly string[]): void {
  const { origin, "sec-fetch-site": site } = headers;
  if (origin !== undefined) {
    if (allowedOrigins.includes(origin) || isOrigin(origin, headers[":authority"] ?? headers.host)) return;
  } else if (site === undefined || site === "same-origin" || site === "none") {
    return;
  }
  throw new RegistryError(
    "PERMISSION_DENIED",
    "Writes are accepted from pages of this server's own origin and of those that CORS_ALLOWED_ORIGINS lists, and from programs",
  );
}

/** Whether an origin is this server under the name that the request has for it. A proxy may have taken TLS off. */
function isOrigin(origin: string, host: string | string[] | undefined): boolean {
  return typeof host === "string" && URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}
