import type { Socket } from "node:net";
import { createRestedTurns } from "./rested-turns.ts";
import { handleOf } from "./socket-handle.ts";

/** A connection with fewer calls under way closes at once. */
const manyCalls = 16;

/** Lets connections close. */
export type CloseInTurns = (socket: Pick<Socket, "_destroy" | "once">, callsUnderWay: () => number) => void;

/**
 * Closes connections with many calls one after the other, each in a turn of the event loop of its own: Node releases
 * all calls of a connection in the turn in which it closes, and a client may close all of its connections at once.
 */
export function createClosingTurns(): CloseInTurns {
  const closeInTurn = createRestedTurns();
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
      closeInTurn(
        () =>
          new Promise((resolve) => {
            onClosed = () => setImmediate(resolve);
            destroy(error, callback);
          }),
      );
    };
  };
}
