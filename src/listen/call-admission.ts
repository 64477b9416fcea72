import { constants, type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { HttpResponse, RequestHandler } from "../api/http.ts";
import { type ConnectionMemory, takes } from "./connection-memory.ts";
import { createFairTurns } from "./fair-turns.ts";
import type { Ends } from "./probe-slots.ts";
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

/** What calls are admitted by. */
export interface CallAdmissionOptions {
  /** How many calls may be under way. */
  readonly maxCalls: number;
  /** What they take together with the connections. */
  readonly memory: ConnectionMemory;
  /** Whether a connection is one of those for which there is room in any case. */
  readonly isSpared: (socket: Ends) => boolean;
}

export function createCallAdmission(options: CallAdmissionOptions): CallAdmission {
  const count = createCallLimit(options);
  const beginInTurn = createFairTurns({ hold: holdSession, release: releaseSession });
  return {
    admitRequests: (handler) => (request, response) => {
      if (response.stream !== undefined) {
        handler(request, response);
        return;
      }
      const { socket } = request;
      if (count(socket, response, takes.http1Call)) {
        beginInTurn(socket, () => response.destroyed || handler(request, response));
      } else refuse(response);
    },

    admitStreams: (accept) => (stream, headers, flags, rawHeaders) => {
      stream.on("error", nobodyListens);
      const connection = stream.session ?? stream;
      // To refuse thousands takes time, too.
      const isWelcome = count(connection, stream, takes.http2Call);
      beginInTurn(connection, () => {
        if (stream.destroyed) return;
        if (isWelcome) accept(stream, headers, flags, rawHeaders);
        else stream.close(constants.NGHTTP2_REFUSED_STREAM);
      });
    },
  };
}

/** Says that there is no room, and makes some. */
function refuse(response: HttpResponse): void {
  response.writeHead(503, {
    "content-type": "application/json",
    "x-error-reason": "SERVER_OVERLOADED",
    "retry-after": "1",
    connection: "close",
  });
  response.end(JSON.stringify({ error: "The connections and calls under way would take too much memory" }));
}

function endsOf(connection: object): Ends {
  const { socket = connection } = connection as Partial<ServerHttp2Session>;
  return socket as Ends;
}

/** An error that nobody listens to ends the process, and until a call is begun nobody does. */
function nobodyListens(): void {}

/**
 * Counts a call of a connection until it closes.
 *
 * @param connection a socket, or a session of HTTP/2
 * @param bytes how much the call takes
 * @returns false where there is no room for it: it is to be refused
 */
type CountCall = (
  connection: object,
  call: { on(event: "close", listener: () => void): unknown },
  bytes: number,
) => boolean;

/**
 * Bounds how many calls are under way over all connections: each takes some KiB before a byte of its body is there, and
 * many connections of many streams would take all the memory there is. Beyond half of the limit a connection may have its
 * share of that half, and beyond all of it one call, so that a connection with many calls does not keep the others out.
 * Where the memory of connections is spent there is room for probes alone.
 */
function createCallLimit({ maxCalls, memory, isSpared }: CallAdmissionOptions): CountCall {
  const counts = new Map<object, number>();
  let total = 0;
  const isWelcome = (own: number): boolean => {
    if (own === 0 || total < maxCalls / 2) return true;
    return total < maxCalls && own < maxCalls / 2 / counts.size;
  };
  return (connection, call, bytes) => {
    const own = counts.get(connection) ?? 0;
    if (!isWelcome(own)) return false;
    if (!memory.hasRoomForCall(bytes) && !isSpared(endsOf(connection))) return false;
    total++;
    memory.take(bytes);
    counts.set(connection, own + 1);
    // It closes once. A listener that takes itself away costs more than the counting.
    call.on("close", () => {
      total--;
      memory.giveBack(bytes);
      const left = counts.get(connection)! - 1;
      if (left === 0) counts.delete(connection);
      else counts.set(connection, left);
    });
    return true;
  };
}
