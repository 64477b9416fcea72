import { type OutgoingHttpHeaders, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { pipeline } from "node:stream";
import { drained, type HttpRequest, type HttpResponse } from "../http.ts";
import { sendJson } from "../http-message.ts";

/** The paths that the page calls. Nothing else of a registry can be reached through it. */
const forwarded = /^\/(?:kserve\.(?:registry|versions|catalog)\.v1\.\w+\/\w+|api\/v1\/[\w~%@:./-]+)$/;

/**
 * The request headers that are forwarded. The caller is identified by its token alone, which the registry checks;
 * identity headers, which a caller could forge, are not forwarded. Neither are headers about the request's origin: it
 * has been checked here, where the browser's host name is known.
 */
const passedOn: readonly string[] = [
  ...["accept", "accept-encoding", "authorization", "content-encoding", "content-length", "content-type"],
  ...["connect-protocol-version", "connect-timeout-ms", "connect-accept-encoding", "connect-content-encoding"],
  ...["traceparent", "tracestate", "x-request-id"],
];
/** The response headers that are passed back. */
const passedBack: readonly string[] = [
  ...["content-encoding", "content-length", "content-type", "content-disposition", "cache-control", "retry-after"],
  ...[
    "connect-content-encoding",
    "connect-accept-encoding",
    "vary",
    "www-authenticate",
    "x-error-reason",
    "x-request-id",
  ],
];

/**
 * Forwards a call of the page to a registry, and streams the answer back, so that watches work. Bodies are not
 * buffered.
 *
 * @param path of the request, without its query
 * @returns false, without having done anything, for a path that the page does not call
 */
export function createForwarder(
  registry: URL,
): (request: HttpRequest, response: HttpResponse, path: string) => boolean {
  const send = registry.protocol === "https:" ? requestHttps : requestHttp;
  const prefix = registry.pathname.replace(/\/$/, "");
  return (request, response, path) => {
    if (!forwarded.test(path) || path.split("/").includes("..")) return false;
    const query = request.url!.slice(path.length);
    const headers = picked(request.headers, passedOn);
    const call = send(
      {
        host: registry.hostname,
        port: registry.port,
        path: `${prefix}${path}${query}`,
        method: request.method,
        headers,
      },
      (answer) => {
        response.statusCode = answer.statusCode ?? 502;
        for (const [name, value] of Object.entries(picked(answer.headers, passedBack)))
          response.setHeader(name, value!);
        answer.on("error", () => response.destroy());
        answer.on("end", () => response.end());
        answer.on("data", (piece: Buffer) => {
          if (response.write(piece)) return;
          answer.pause();
          void drained(response).then(() => answer.resume());
        });
      },
    );
    call.on("error", () => {
      if (response.headersSent) response.destroy();
      else
        sendJson(
          response,
          503,
          { error: "the registry cannot be reached; it may be restarting" },
          { "retry-after": "1" },
        );
    });
    // When the browser disconnects, the call to the registry ends, too.
    response.on("close", () => call.destroy());
    pipeline(request, call, () => {});
    return true;
  };
}

function picked(headers: Readonly<OutgoingHttpHeaders>, names: readonly string[]): OutgoingHttpHeaders {
  return Object.fromEntries(names.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])));
}
