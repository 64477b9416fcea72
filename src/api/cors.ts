import { cors } from "@connectrpc/connect";
import type { HttpRequest, HttpResponse } from "./http.ts";

const allowMethods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"].join(", ");
const allowHeaders = [
  ...cors.allowedHeaders,
  ...["Authorization", "X-Request-Id", "Traceparent", "Tracestate", "If-Match"],
  // A watch over server-sent events: libraries for EventSource send these.
  ...["Last-Event-ID", "Cache-Control"],
].join(", ");
const exposeHeaders = [...cors.exposedHeaders, "X-Request-Id", "X-Error-Reason", "Retry-After", "ETag"].join(", ");
/** Browsers keep a preflight answer for two hours at most. */
const maxAgeSeconds = "7200";

/**
 * Lets pages of the given origins call this server. Credentials are never allowed, so a page gets no more than it could
 * get without the visitor's browser, except what only the visitor's network reaches.
 *
 * @returns true when the request was a preflight, which is answered then
 */
export function applyCors(origins: readonly string[], request: HttpRequest, response: HttpResponse): boolean {
  const { origin } = request.headers;
  if (origin === undefined || origins.length === 0) return false;
  const any = origins.includes("*");
  if (!any) response.setHeader("vary", "Origin");
  const allowed = any || origins.includes(origin);
  if (allowed) {
    response.setHeader("access-control-allow-origin", any ? "*" : origin);
    response.setHeader("access-control-expose-headers", exposeHeaders);
  }
  if (request.method !== "OPTIONS" || request.headers["access-control-request-method"] === undefined) return false;
  if (allowed) {
    response.setHeader("access-control-allow-methods", allowMethods);
    response.setHeader("access-control-allow-headers", allowHeaders);
    response.setHeader("access-control-max-age", maxAgeSeconds);
  }
  response.statusCode = 204;
  response.end();
  return true;
}
