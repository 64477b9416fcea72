import { type OutgoingHttpHeaders, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { pipeline } from "node:stream";
import { drained, type HttpRequest, type HttpResponse } from "../http.ts";
import { sendJson } from "../http-message.ts";

/** What the page calls; nothing else of a registry is reached through it. */
const forwarded = /^\/(?:kserve\.(?:registry|versions|catalog)\.v1\.\w+\/\w+|api\/v1\/[\w~%@:./-]+)$/;

/**
 * The headers that go on, by allow-list. Who calls is said by a token alone, which the registry checks; an identity that
 * a caller could write into a header is not passed on. Nor is where the call comes from: that has been checked here, under
 * the name that the browser knows.
 */
const passedOn: readonly string[] = [
  ...["accept", "accept-encoding", "authorization", "content-encoding", "content-length", "content-type"],
  ...["connect-protocol-version", "connect-timeout-ms", "connect-accept-encoding", "connect-content-encoding"],
  ...["traceparent", "tracestate", "x-request-id"],
];
/** Those of the answer. */
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
 * Passes a call of the page on to a registry, and the answer back as it comes, so that a watch is passed on as well. Bodies
 * are never held here.
 *
 * @param path of the request, without its query
 * @returns false when the page makes no such call; nothing has happened then
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
    // Who leaves ends the call; so a watch does not go on for nobody.
    response.on("close", () => call.destroy());
    pipeline(request, call, () => {});
    return true;
  };
}

function picked(headers: Readonly<OutgoingHttpHeaders>, names: readonly string[]): OutgoingHttpHeaders {
  return Object.fromEntries(names.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])));
}
