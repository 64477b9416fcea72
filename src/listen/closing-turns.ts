import type { Socket } from "node:net";
import { handleOf } from "./socket-handle.ts";

/** A connection with fewer calls under way closes at once. */
const manyCalls = 16;

/** Closes a connection, and calls back when it has closed. */
type Close = (closed: () => void) => void;

/** Lets connections close. */
export type CloseInTurns = (socket: Pick<Socket, "_destroy" | "once">, callsUnderWay: () => number) => void;

/**
 * Closes connections with many calls one after the other, each in a turn of the event loop of its own: Node releases
 * all calls of a connection in the turn in which it closes, and a client may close all of its connections at once.
 */
export function createClosingTurns(): CloseInTurns {
  const waiting: Close[] = [];
  let isClosing = false;
  const closeNext = (): void => {
    const close = waiting.shift();
    isClosing = close !== undefined;
    close?.(() => setImmediate(closeNext));
  };
  return (socket, callsUnderWay) => {
    const destroy = socket._destroy.bind(socket);
    let onClosed: (() => void) | undefined;
    // The listener is added now: a session that ends while its connection waits has released its socket, and would
    // throw.
    socket.once("close", () => onClosed?.());
    socket._destroy = (error, callback) => {
      if (callsUnderWay() < manyCalls) {
        destroy(error, callback);
        return;
      }
      // Node interprets bytes read from a destroyed socket as an error number, and throws for an unknown one.
      handleOf(socket)?.readStop();
      waiting.push((closed) => {
        onClosed = closed;
        destroy(error, callback);
      });
      if (!isClosing) closeNext();
    };
  };
}
