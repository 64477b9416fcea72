import type { Socket } from "node:net";
import type { RequestHandler } from "../api/http.ts";
import type { ConnectionLimits } from "./connection-limits.ts";

/** What to do with an old connection. */
export interface OldAge {
  /** Asks the client to close it. Calls under way continue. */
  readonly retire: () => void;
  /** Ends it after the grace period. */
  readonly cut: () => void;
}

/**
 * How many different ages there are. Node keeps a list of timers for each duration, and one without a live timer
 * (`unref`) until the duration is over, even when its timers are cleared: an age of its own for each connection would
 * leak memory for each connection that has come and gone.
 */
const ages = 100;

/**
 * Limits the age of a connection. Connections that were opened together do not end together: each lives up to a tenth
 * shorter or longer.
 *
 * @returns a function that forgets the connection
 */
export function growOld(limits: ConnectionLimits, { retire, cut }: OldAge): () => void {
  const { maxConnectionAgeMs, maxConnectionAgeGraceMs } = limits;
  if (maxConnectionAgeMs === 0) return () => {};
  const old = (): void => {
    retire();
    timer = setTimeout(cut, maxConnectionAgeGraceMs).unref();
  };
  const age = Math.floor(Math.random() * ages) / ages;
  let timer = setTimeout(old, Math.round(maxConnectionAgeMs * (0.9 + 0.2 * age))).unref();
  return () => clearTimeout(timer);
}

const retired = new WeakSet<Socket>();

/** Limits the age of an HTTP/1.1 connection. `http1/connections.ts` limits its idle time and its heads. */
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
