import type { Socket } from "node:net";
import type { RequestHandler } from "../../api/http.ts";
import { yieldIfBusy } from "../../base/yield-if-busy.ts";
import type { ConnectionLimits } from "../connection-limits.ts";
import type { BeginInTurn } from "../fair-turns.ts";
import type { UnreadBytes } from "../unread-bytes.ts";
import { Connection, type ConnectionOwner } from "./connection.ts";

/**
 * How often time limits are checked within that of a head: a timer for each connection would have to be set with each
 * request.
 */
const looks = 4;

/** All connections that speak HTTP/1.1. */
export interface Http1Connections {
  /**
   * Takes a connection.
   *
   * @param begin what has been read of it
   * @param openedMs when it was opened, by the clock of `performance`. Default: now
   */
  accept(socket: Socket, begin?: Buffer, openedMs?: number): void;
  /** Closes connections without a call. From now on the others close after the answer under way. */
  closeIdle(): void;
  stop(): void;
}

/**
 * @param inTurn that of the calls which the handler begins
 * @param unread counts what is read and not processed
 */
export function createHttp1Connections(
  limits: ConnectionLimits,
  handler: RequestHandler,
  inTurn: BeginInTurn<Socket>,
  unread: UnreadBytes,
): Http1Connections {
  const seconds = Math.floor(limits.idleConnectionTimeoutMs / 1000);
  const owner: ConnectionOwner = {
    ...{ handler, inTurn, limits, unread },
    isClosing: false,
    keepAliveLine: `Connection: keep-alive\r\nKeep-Alive: timeout=${seconds}\r\n`,
  };
  const all = new Set<Connection>();
  let isExpiring = false;
  /** Thousands that were opened together expire together: that takes as many turns of the event loop as it needs. */
  const expireLate = async (): Promise<void> => {
    if (isExpiring) return;
    isExpiring = true;
    const nowMs = performance.now();
    for (const connection of all) {
      if (connection.deadlineMs > nowMs) continue;
      connection.expire();
      const pause = yieldIfBusy();
      if (pause !== undefined) await pause;
    }
    isExpiring = false;
  };
  const timer = setInterval(
    () => void expireLate(),
    Math.min(limits.headersTimeoutMs, limits.idleConnectionTimeoutMs) / looks,
  ).unref();
  return {
    accept(socket, begin, openedMs = performance.now()) {
      const connection = new Connection(socket, owner, openedMs);
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
