import type { Interceptor } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { serviceUrl } from "./base-path.ts";
import { currentToken } from "./session/token.ts";

const withToken: Interceptor = (next) => (request) => {
  const token = currentToken();
  // A call may bring a token of its own.
  if (token !== "" && !request.header.has("authorization")) request.header.set("authorization", `Bearer ${token}`);
  return next(request);
};

/** Calls of the service that this page comes from. */
export const transport = createConnectTransport({
  baseUrl: serviceUrl,
  useBinaryFormat: true,
  interceptors: [withToken],
});

/** A plain GET of the service, as who is there. */
export function fetchText(path: string, signal: AbortSignal): Promise<Response> {
  const token = currentToken();
  const headers: Record<string, string> = token === "" ? {} : { authorization: `Bearer ${token}` };
  return fetch(`${serviceUrl}/${path}`, { headers, signal });
}
