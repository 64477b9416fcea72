import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";

/** A request, of HTTP/1.1 or of HTTP/2. */
export type HttpRequest = IncomingMessage | Http2ServerRequest;

/** Its response. */
export type HttpResponse = (ServerResponse & { readonly stream?: undefined }) | Http2ServerResponse;

/** One handler serves both versions. */
export type RequestHandler = (request: HttpRequest, response: HttpResponse) => void;
