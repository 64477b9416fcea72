import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { RequestHandler } from "../api/http.ts";
import { createFairTurns } from "./fair-turns.ts";
import { holdSession, releaseSession } from "./session-reads.ts";

/** Lets calls in: no more than there may be, and each in its turn. What is refused has not been looked at. */
export interface CallAdmission {
  /** Admits the calls of HTTP/1.1. Those of HTTP/2 are passed on. */
  admitRequests(handler: RequestHandler): RequestHandler;
  /** Admits the calls of HTTP/2, before a request and a response are made for each. */
  admitStreams(accept: AcceptStream): AcceptStream;
}

/** Takes a call of HTTP/2. */
type AcceptStream = (
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  flags: number,
  rawHeaders: string[],
) => void;

/** @param maxCalls how many calls may be under way */
export function createCallAdmission(maxCalls: number): CallAdmission {
  const count = createCallLimit(maxCalls);
  const beginInTurn = createFairTurns({ hold: holdSession, release: releaseSession });
  return {
    admitRequests: (handler) => (request, response) => {
      if (response.stream !== undefined) {
        handler(request, response);
        return;
      }
      const { socket } = request;
      // One at a time, of which there is always room for one.
      count(socket, response);
      beginInTurn(socket, () => response.destroyed || handler(request, response));
    },

    admitStreams: (accept) => (stream, headers, flags, rawHeaders) => {
      stream.on("error", nobodyListens);
      const connection = stream.session ?? stream;
      // To refuse thousands takes time, too.
      const isWelcome = count(connection, stream);
      beginInTurn(connection, () => {
        if (stream.destroyed) return;
        if (isWelcome) accept(stream, headers, flags, rawHeaders);
        else stream.close(constants.NGHTTP2_REFUSED_STREAM);
      });
    },
  };
}

/** An error that nobody listens to ends the process, and until a call is begun nobody does. */
function nobodyListens(): void {}

/** Counts a call of a connection until it closes. False where there is no room for it: it is to be refused. */
export type CountCall = (connection: object, call: { on(event: "close", listener: () => void): unknown }) => boolean;

/**
 * Bounds how many calls are under way over all connections: each takes some KiB before a byte of its body is there, and
 * many connections of many streams would take all the memory there is. Beyond half of the limit a connection may have its
 * share of that half, and beyond all of it one call, so that a connection with many calls does not keep the others out.
 */
function createCallLimit(maxCalls: number): CountCall {
  const counts = new Map<object, number>();
  let total = 0;
  const isWelcome = (own: number): boolean => {
    if (own === 0 || total < maxCalls / 2) return true;
    return total < maxCalls && own < maxCalls / 2 / counts.size;
  };
  return (connection, call) => {
    const own = counts.get(connection) ?? 0;
    if (!isWelcome(own)) return false;
    total++;
    counts.set(connection, own + 1);
    // It closes once. A listener that takes itself away costs more than the counting.
    call.on("close", () => {
      total--;
      const left = counts.get(connection)! - 1;
      if (left === 0) counts.delete(connection);
      else counts.set(connection, left);
    });
    return true;
  };
}
