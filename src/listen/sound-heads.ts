import type { HttpRequest, HttpResponse, RequestHandler } from "../api/http.ts";
import { sendJson } from "../api/http-message.ts";
import { endUploadAfterAnswer } from "../api/upload.ts";

/** The name or address of a host, with a port or without (RFC 3986, 3.2.2 and 3.2.3); it may be empty. */
const host = /^(?:\[[0-9a-f:.]+\]|[a-z0-9._~!$&'()*+,;=%-]*)(?::\d*)?$/i;

/**
 * Refuses HTTP/1.1 requests that a proxy before this server may have understood in another way than Node does: with two
 * hosts or a malformed one, and with a body that is encoded in transfer, which would be taken as it comes.
 */
export function soundHeads(handler: RequestHandler): RequestHandler {
  return (request, response) => {
    if (request.httpVersionMajor === 1) {
      const encoding = request.headers["transfer-encoding"];
      if (!hasSoundHost(request)) {
        refuse(request, response, 400, "expected one host header with a host and a port (RFC 9112, 3.2)");
        return;
      }
      if (encoding !== undefined && encoding.trim().toLowerCase() !== "chunked") {
        refuse(request, response, 501, "transfer-encoding: expected chunked alone; compress by content-encoding");
        return;
      }
    }
    handler(request, response);
  };
}

/** Whether there is one host, and not malformed; before HTTP/1.1 there may be none. Among the parsed headers a second one does not show. */
function hasSoundHost({ rawHeaders, httpVersionMinor }: HttpRequest): boolean {
  let found: string | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]!.length !== 4 || rawHeaders[i]!.toLowerCase() !== "host") continue;
    if (found !== undefined) return false;
    found = rawHeaders[i + 1]!;
  }
  return found === undefined ? httpVersionMinor === 0 : host.test(found);
}

/** Where the next request begins is not certain, so there is none on this connection. */
function refuse(request: HttpRequest, response: HttpResponse, status: number, error: string): void {
  request.on("error", () => {});
  response.setHeader("connection", "close");
  endUploadAfterAnswer(request, response);
  sendJson(response, status, { error }, { "x-error-reason": "INVALID_REQUEST" });
}
