import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { ClientRequest } from "node:http";
import { onTestFinished } from "vitest";

const http1 = "http.client.request.start";
const http2 = "http2.server.stream.start";

/** Notes the HTTP methods of all RPCs that clients of this process send, and its servers get, until the test ends. */
export function noteRpcMethods(): ReadonlySet<string> {
  const methods = new Set<string>();
  const note = (path: unknown, method: unknown): void => {
    if (String(path).startsWith("/kserve.registry.v1.")) methods.add(String(method));
  };
  const onHttp1 = (message: unknown): void => {
    const { request } = message as { request: ClientRequest };
    note(request.path, request.method);
  };
  const onHttp2 = (message: unknown): void => {
    const { headers } = message as { headers: Record<string, string> };
    note(headers[":path"], headers[":method"]);
  };
  subscribe(http1, onHttp1);
  subscribe(http2, onHttp2);
  onTestFinished(() => {
    unsubscribe(http1, onHttp1);
    unsubscribe(http2, onHttp2);
  });
  return methods;
}
