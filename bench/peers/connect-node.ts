/**
 * The peer with the stock handler of `@connectrpc/connect-node`. HTTP/2 and HTTP/1.1 have a port each, because plaintext
 * `node:http2` takes no HTTP/1.1.
 */
import http from "node:http";
import http2 from "node:http2";
import type { ConnectRouter } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { ModelRegistry } from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import { listening } from "./listening.ts";
import { predict } from "./node-predict.ts";

const handler = connectNodeAdapter({
  readMaxBytes: 16 * 1024 * 1024,
  routes: (router: ConnectRouter) =>
    router.service(ModelRegistry, { predict: (message, context) => predict(message, context.signal) }),
});
// The windows of the service under test.
const http2Server = http2.createServer({ settings: { initialWindowSize: 1024 * 1024 } }, handler);
http2Server.on("session", (session) => session.setLocalWindowSize(4 * 1024 * 1024));
await listening({ http2: http2Server, http1: http.createServer(handler) });
