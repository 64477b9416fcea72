import type { Socket } from "node:net";
import type { RequestHandler } from "../../api/http.ts";
import type { ConnectionLimits } from "../connection-limits.ts";
import { Connection, type ConnectionOwner } from "./connection.ts";

/** How often times are looked at in the time that a head has: a timer for each connection would be set with each request. */
const looks = 4;

/** All connections that speak HTTP/1.1. */
export interface Http1Connections {
  /**
   * Takes a connection.
   *
   * @param begin what has been read of it
   */
  accept(socket: Socket, begin?: Buffer): void;
  /** Closes those without a call. From now on the others end with the answer that is under way. */
  closeIdle(): void;
  stop(): void;
}

export function createHttp1Connections(limits: ConnectionLimits, handler: RequestHandler): Http1Connections {
  const seconds = Math.floor(limits.idleConnectionTimeoutMs / 1000);
  const owner: ConnectionOwner = {
    handler,
    limits,
    isClosing: false,
    keepAliveLine: `Connection: keep-alive\r\nKeep-Alive: timeout=${seconds}\r\n`,
  };
  const all = new Set<Connection>();
  const timer = setInterval(() => {
    const nowMs = performance.now();
    for (const connection of all) if (connection.deadlineMs <= nowMs) connection.expire();
  }, Math.min(limits.headersTimeoutMs, limits.idleConnectionTimeoutMs) / looks).unref();
  return {
    accept(socket, begin) {
      const connection = new Connection(socket, owner);
      all.add(connection);
      socket.once("close", () => all.delete(connection));
      if (begin !== undefined) connection.begin(begin);
    },
    closeIdle() {
      owner.isClosing = true;
      for (const connection of all) if (connection.isIdle) connection.destroy();
    },
    stop: () => clearInterval(timer),
  };
}
