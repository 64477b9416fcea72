import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import type { RequestHandler } from "../../api/http.ts";
import { joinCall } from "./call-stream.ts";
import { Request } from "./request.ts";
import { Response } from "./response.ts";

/** Creates a request and a response for each stream that a client opens, and passes them to a handler. */
export function acceptStream(handler: RequestHandler) {
  return (
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    _flags: number,
    rawHeaders: readonly string[],
  ): void => {
    const request = new Request(stream, headers, rawHeaders);
    const response = new Response(request, stream);
    joinCall(stream, { request, response });
    const { expect } = headers;
    if (expect !== undefined && expect.toLowerCase() !== "100-continue") {
      refuse(response, 417, "expect: 100-continue is all that can be expected");
    } else if (headers[":method"] === "CONNECT") {
      // Its target is another host, for which no method is allowed (RFC 9110, 10.2.1).
      response.setHeader("allow", "");
      refuse(response, 405, "CONNECT is not allowed: nothing is tunnelled");
    } else {
      // A stream that was reset as it opened accepts no headers.
      if (expect !== undefined && !stream.closed) stream.additionalHeaders({ ":status": 100 });
      handler(request, response);
    }
  };
}

function refuse(response: Response, status: number, message: string): void {
  response.writeHead(status, { "content-type": "application/json", "x-error-reason": "INVALID_REQUEST" });
  response.end(JSON.stringify({ error: message }));
}
