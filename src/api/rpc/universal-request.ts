import type { IncomingHttpHeaders } from "node:http";
import { Code, ConnectError, type ContextValues } from "@connectrpc/connect";
import type { UniversalServerRequest } from "@connectrpc/connect/protocol";
import { withoutStack } from "../../base/without-stack.ts";
import { type HttpRequest, type HttpResponse, hasLeft } from "../http.ts";

/**
 * A request as Connect takes it, without its body. What connect-node makes of one is built for servers that know nothing of
 * their requests, and costs each call that goes well an error with its stack and an address that is taken apart.
 */
export function universalRequest(
  request: HttpRequest,
  response: HttpResponse,
  contextValues: ContextValues,
): Omit<UniversalServerRequest, "body"> {
  return {
    httpVersion: request.httpVersion,
    method: request.method ?? "",
    // The path is that of a method. The host means nothing here, and may be missing or malformed.
    url: `http://localhost${request.url}`,
    header: webHeaders(request.headers),
    signal: leftSignal(response),
    contextValues,
  };
}

/** A signal that is aborted when the caller leaves before its answer is complete. */
function leftSignal(response: HttpResponse): AbortSignal {
  const left = new AbortController();
  const leave = (): void => {
    if (response.writableEnded) return;
    left.abort(withoutStack(() => new ConnectError("the caller has left", Code.Canceled)));
  };
  // It may have left while its body was awaited.
  if (hasLeft(response)) leave();
  else response.on("close", leave);
  return left.signal;
}

function webHeaders(headers: IncomingHttpHeaders): Headers {
  const web = new Headers();
  for (const name in headers) {
    // A pseudo-header of HTTP/2.
    if (name.startsWith(":")) continue;
    const value = headers[name];
    if (typeof value === "string") web.append(name, value);
    else for (const one of value ?? []) web.append(name, one);
  }
  return web;
}
