import { RegistryError } from "../registry/registry-error.ts";
import type { HttpRequest } from "./http.ts";

/** Methods that change nothing (RFC 9110, 9.2.1); what they answer is for CORS to keep from a page. */
const safeMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Refuses what a browser sends for a page of another site: a write or a prediction goes out before CORS is asked, and comes
 * from wherever the visitor's browser is let in. Only browsers say where a request comes from, and pages cannot say
 * something else for them.
 *
 * @throws RegistryError PERMISSION_DENIED
 */
export function assertSameSite(origins: readonly string[], { method, headers }: HttpRequest): void {
  if (safeMethods.has(method ?? "GET")) return;
  const { origin } = headers;
  const site = headers["sec-fetch-site"];
  if (origin === undefined && site === undefined) return;
  // `none` is the visitor's own doing.
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
 * Refuses a write that the page of another site has made a browser send. A browser says of every write where it comes
 * from, and programs do not; the content type says nothing, for a form may call itself what it likes. `*` lets every page
 * read, and none write: a page of anybody's would write with the place that its visitor has in the network.
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
    "Writes are taken from the pages of this server's own address and those that CORS_ALLOWED_ORIGINS names, and from programs",
  );
}

/** Whether an origin is this server under the name that the request has for it. A proxy may have taken TLS off. */
function isOrigin(origin: string, host: string | string[] | undefined): boolean {
  return typeof host === "string" && URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}
