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

/** Whether an origin is this server under the name that the request has for it. A proxy may have taken TLS off. */
function isOrigin(origin: string, host: string | string[] | undefined): boolean {
  return typeof host === "string" && URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}
