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
    if (expect !== undefined && expect.toLowerCase() !== "100-continue") response.writeHead(417).end();
    else if (headers[":method"] === "CONNECT") response.writeHead(405).end();
    else {
      // A stream that was reset as it opened accepts no headers.
      if (expect !== undefined && !stream.closed) stream.additionalHeaders({ ":status": 100 });
      handler(request, response);
    }
  };
}
