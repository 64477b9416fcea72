import type { IncomingHttpHeaders } from "node:http";
import { compressionBrotli, compressionGzip } from "@connectrpc/connect-node";

/** How the messages of an RPC are framed. */
export type Framing = "grpc" | "grpc-web" | "connect-unary" | "connect-stream";

/** The framing that a content type names; what is no other is a unary call of Connect, whose errors are JSON. */
export function framingOf(contentType: string): Framing {
  if (contentType.startsWith("application/grpc-web")) return "grpc-web";
  if (contentType.startsWith("application/grpc")) return "grpc";
  return contentType.startsWith("application/connect+") ? "connect-stream" : "connect-unary";
}

/** Whether the messages of a content type are JSON. */
export function isJsonType(contentType: string): boolean {
  return /[/+]json\b/.test(contentType);
}

/** The content type of an answer of gRPC or gRPC-Web to a request of this type. */
export function grpcAnswerType(framing: "grpc" | "grpc-web", contentType: string): string {
  return `application/${framing}+${contentType.includes("+json") ? "json" : "proto"}`;
}

const jsonWithCharset = /^(application\/(?:connect\+)?json)\s*;\s*charset\s*=\s*("?)utf-?8\2\s*$/i;

/**
 * Media types mean the same in upper case (RFC 9110, 8.3.1), and Connect takes them so; here they are compared as texts, by the
 * limits of messages too, and so become lower case. JSON is always UTF-8 (RFC 8259, 8.1), so a content type that says so is
 * brought to the form that says nothing: Connect does not know a value in quotes.
 */
export function normalizeContentType(headers: IncomingHttpHeaders): void {
  const written = headers["content-type"];
  if (written === undefined) return;
  const match = jsonWithCharset.exec(written);
  if (match !== null) headers["content-type"] = match[1]!.toLowerCase();
  else if (/^[^;]*[A-Z]/.test(written))
    headers["content-type"] = written.replace(/^[^;]+/, (type) => type.toLowerCase());
}

/** The compressions that requests may come in and answers may go out with. */
export const compressions = [compressionGzip, compressionBrotli] as const;
