import type { Socket } from "node:net";
import type { RequestHandler } from "../api/http.ts";
import type { ConnectionLimits } from "./connection-limits.ts";

/** What becomes of an old connection. */
export interface OldAge {
  /** Asks the client to go. Calls under way go on. */
  readonly retire: () => void;
  /** Ends what has not gone within the grace. */
  readonly cut: () => void;
}

/**
 * How many ages there are. Node keeps a list of timers for each duration, and of one that is not awaited (`unref`) until the
 * duration is over, though its timers are cleared: an age of its own for each connection would hold memory for each that
 * has come and gone.
 */
const ages = 100;

/**
 * Lets a connection grow old. Connections that were opened together do not end together: each lives up to a tenth shorter
 * or longer.
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
