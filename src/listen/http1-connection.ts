import type { Socket } from "node:net";
import type { RequestHandler } from "../api/http.ts";
import { growOld } from "./connection-age.ts";
import type { ConnectionLimits } from "./connection-limits.ts";

const retired = new WeakSet<Socket>();

/** Lets an HTTP/1.1 connection grow old. Its idle time and its heads are Node's to limit. */
export function limitConnection(socket: Socket, limits: ConnectionLimits): void {
  const forget = growOld(limits, { retire: () => retired.add(socket), cut: () => socket.destroy() });
  socket.once("close", forget);
}

/** Marks the next answer on an old connection as its last. */
export function retiring(handler: RequestHandler): RequestHandler {
  return (request, response) => {
    if (request.httpVersionMajor === 1 && retired.has(request.socket)) response.setHeader("connection", "close");
    handler(request, response);
  };
}
