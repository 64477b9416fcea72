import { constants, type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import { type HttpResponse, type RequestHandler, resetStream } from "../api/http.ts";
import { type ConnectionMemory, takes } from "./connection-memory.ts";
import { type BeginInTurn, createFairTurns } from "./fair-turns.ts";
import type { Ends } from "./probe-slots.ts";
import { holdSession, releaseSession } from "./session-reads.ts";

/** Admits calls: no more than the limit, and each in its turn. Nothing of a refused call has been looked at. */
export interface CallAdmission {
  /** Admits the calls of HTTP/1.1. Those of HTTP/2 are passed on. */
  admitRequests(handler: RequestHandler): RequestHandler;
  /** Admits the calls of HTTP/2, before objects for request and response are created. */
  admitStreams(accept: AcceptStream): AcceptStream;
  /** Begins something else for a connection in the turns of its calls. */
  readonly beginInTurn: BeginInTurn<object>;
}

/** Takes a call of HTTP/2. */
export type AcceptStream = (
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  flags: number,
  rawHeaders: string[],
) => void;

/** What calls are admitted by. */
export interface CallAdmissionOptions {
  /** How many calls may be under way. */
  readonly maxCalls: number;
  /** Counts the memory of calls together with that of connections. */
  readonly memory: ConnectionMemory;
  /** Whether a connection is one of those that are always served: probes. */
  readonly isSpared: (socket: Ends) => boolean;
}

export function createCallAdmission(options: CallAdmissionOptions): CallAdmission {
  const count = createCallLimit(options);
  const beginInTurn = createFairTurns({ hold: holdSession, release: releaseSession });
  return {
    beginInTurn,
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
      // Refusing thousands takes time, too.
      const isWelcome = count(connection, stream, takes.http2Call);
      beginInTurn(connection, () => {
        if (stream.destroyed) return;
        if (isWelcome) accept(stream, headers, flags, rawHeaders);
        else resetStream(stream, constants.NGHTTP2_REFUSED_STREAM);
      });
    },
  };
}

/** Answers that there is no room, and makes some. */
function refuse(response: HttpResponse): void {
  response.writeHead(503, {
    "content-type": "application/json",
    "x-error-reason": "SERVER_OVERLOADED",
    "retry-after": "1",
    connection: "close",
  });
  response.end(JSON.stringify({ error: "The connections and calls in flight would take too much memory" }));
}

function endsOf(connection: object): Ends {
  const { socket = connection } = connection as Partial<ServerHttp2Session>;
  return socket as Ends;
}

/** An `error` event without a listener ends the process, and a call has none until it begins. */
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
 * Limits the calls under way on all connections together: each takes some KiB even before its body, and many
 * connections of many streams would take all memory. Beyond half of the limit a connection may only have its share of
 * the other half, and beyond the whole limit one call, so that a connection with many calls does not shut out the
 * others. Where the memory for connections is used up, only probes are admitted.
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
    // `close` is emitted only once, and `once` costs more than the counting.
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
