import { RegistryError } from "../../../registry/registry-error.ts";
import type { HttpRequest } from "../../http.ts";

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
    if (allowedOrigins.includes(origin) || isOwn(origin, hostOf(headers))) return;
  } else if (site === undefined || site === "same-origin" || site === "none") {
    return;
  }
  throw new RegistryError(
    "PERMISSION_DENIED",
    "Writes are taken from the pages of this server's own address and those that CORS_ALLOWED_ORIGINS names, and from programs",
  );
}

function hostOf(headers: HttpRequest["headers"]): string | undefined {
  const authority = headers[":authority"] ?? headers.host;
  return typeof authority === "string" ? authority : undefined;
}

function isOwn(origin: string, host: string | undefined): boolean {
  return host !== undefined && URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}
