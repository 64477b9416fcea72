import type { Socket } from "node:net";
import { handleOf } from "./socket-handle.ts";

/** A connection with fewer calls under way closes at once. */
const manyCalls = 16;

/** What closes a connection, and calls back when it has closed. */
type Close = (closed: () => void) => void;

/** Lets connections close. */
export type CloseInTurns = (socket: Pick<Socket, "_destroy" | "once">, callsUnderWay: () => number) => void;

/**
 * Lets connections with many calls close one after the other, each in a turn of the event loop of its own: Node lets go of all
 * calls of a connection in the turn in which it closes, and a client may close all that it has at once.
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
    // Not when it closes: a session that has ended while its connection waits has let go of its socket, and throws then.
    socket.once("close", () => onClosed?.());
    socket._destroy = (error, callback) => {
      if (callsUnderWay() < manyCalls) {
        destroy(error, callback);
        return;
      }
      // Node takes what it reads of a destroyed socket for the number of an error, and throws where none has it.
      handleOf(socket)?.readStop();
      waiting.push((closed) => {
        onClosed = closed;
        destroy(error, callback);
      });
      if (!isClosing) closeNext();
    };
  };
}
