import type { IncomingHttpHeaders } from "node:http";

/** How a caller speaks to this server. */
export type Protocol = "grpc" | "grpc-web" | "connect" | "http";

/** The protocol of a request. `method` is the RPC that its path names, if it is one. */
export function protocolOf(headers: IncomingHttpHeaders, method: string | undefined): Protocol {
  const contentType = headers["content-type"] ?? "";
  if (contentType.startsWith("application/grpc-web")) return "grpc-web";
  if (contentType.startsWith("application/grpc")) return "grpc";
  return method === undefined ? "http" : "connect";
}
