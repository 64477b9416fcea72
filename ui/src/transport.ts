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
  return fetch(`${serviceUrl}/${path}`, { headers: tokenHeaders(), signal });
}

/** A call of an RPC in plain JSON, as who is there. */
export function postJson(path: string, body: object, signal: AbortSignal): Promise<Response> {
  const headers = { ...tokenHeaders(), "content-type": "application/json" };
  return fetch(`${serviceUrl}/${path}`, { method: "POST", body: JSON.stringify(body), headers, signal });
}

/** What says who is there, where a token has been pasted. */
export function tokenHeaders(): Record<string, string> {
  const token = currentToken();
  return token === "" ? {} : { authorization: `Bearer ${token}` };
}
