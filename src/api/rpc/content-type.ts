import type { IncomingHttpHeaders } from "node:http";

const jsonWithCharset = /^(application\/(?:connect\+)?json)\s*;\s*charset\s*=\s*("?)utf-?8\2\s*$/i;

/**
 * JSON is always UTF-8 (RFC 8259, 8.1), so a content type that says so is brought to the form that says nothing: Connect
 * does not know a value in quotes, and the fast path compares texts.
 */
export function normalizeContentType(headers: IncomingHttpHeaders): void {
  const match = jsonWithCharset.exec(headers["content-type"] ?? "");
  if (match !== null) headers["content-type"] = match[1]!.toLowerCase();
}
