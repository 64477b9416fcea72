import { takeAll } from "../../base/take-all.ts";
import type { TlsClient } from "../http/tls-client.ts";
import { Connection, type ConnectionEvents } from "./connection.ts";
import { connectionError } from "./connection-error.ts";
import type { TlsState } from "./open-socket.ts";
import type { PendingExchange } from "./pending-exchange.ts";

export interface OriginPoolOptions {
  readonly connectTimeoutMs: number;
  /** When an idle connection is closed. Below the server's own limit, so that the server seldom closes first. */
  readonly idleTimeoutMs: number;
}

/** How long before the server's announced timeout a connection gets no more requests: they could meet its end. */
const idleMarginMs = 2000;

/**
 * The connections to one origin. Their number is not limited here: every prediction already has a slot of its model,
 * and a limit per address would let one model behind a gateway hold up the others.
 */
export class OriginPool implements ConnectionEvents {
  readonly #origin: URL;
  readonly #tls: TlsClient;
  readonly #options: OriginPoolOptions;
  readonly #onEmpty: () => void;
  readonly #connections = new Set<Connection>();
  /** Idle connections; the most recently used one is at the end, and is used next. */
  readonly #idle: Connection[] = [];
  /** Requests to be sent on idle connections, with the connection. */
  readonly #due: (readonly [PendingExchange, Connection])[] = [];
  /** Counts turns of the event loop, those in which a request came or an answer. */
  #turn = 0;
  #turnEnds = false;
  #isSending = false;
  #sweepTimer: NodeJS.Timeout | undefined;
  #tlsState: TlsState | undefined;
  #isClosed = false;

  /** @param onEmpty is called when no connection is left */
  constructor(origin: string, tls: TlsClient, options: OriginPoolOptions, onEmpty: () => void) {
    this.#origin = new URL(origin);
    this.#tls = tls;
    this.#options = options;
    this.#onEmpty = onEmpty;
  }

  send(pending: PendingExchange): void {
    if (this.#isClosed) {
      pending.fail(connectionError("ECONNRESET", "the client was closed"), false);
      return;
    }
    const isSending = this.#isSending;
    // Closing the last connection because of its age must not end the pool: the next one opens at once.
    this.#isSending = true;
    const idle = this.#takeIdle();
    this.#isSending = isSending;
    if (idle === undefined) {
      this.#open(pending);
      return;
    }
    this.#due.push([pending, idle]);
    this.#awaitEndOfTurn();
  }

  /** Ends what is under way. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#sweepTimer);
    for (const connection of this.#connections)
      connection.abort(connectionError("ECONNRESET", "the client was closed"));
  }

  onFree(connection: Connection, idleMs = Number.POSITIVE_INFINITY): void {
    const ms = Math.min(this.#options.idleTimeoutMs, idleMs - idleMarginMs);
    if (ms <= 0) {
      connection.close();
      return;
    }
    connection.idleUntilMs = performance.now() + ms;
    connection.freeSinceTurn = this.#turn;
    this.#keep(connection);
    this.#awaitEndOfTurn();
  }

  onClosed(connection: Connection): void {
    this.#connections.delete(connection);
    const at = this.#idle.lastIndexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
    this.#noteIfEmpty();
  }

  #open(pending: PendingExchange): void {
    try {
      const target = { origin: this.#origin, guarded: this.#tls.guarded, tls: this.#tlsOfNow() };
      const connection = new Connection(target, this.#options.connectTimeoutMs, pending, this);
      pending.connection = connection;
      this.#connections.add(connection);
    } catch (error) {
      pending.fail(error as Error, false);
      this.#noteIfEmpty();
    }
  }

  /** @throws UnreadableFile */
  #tlsOfNow(): TlsState | undefined {
    if (this.#origin.protocol !== "https:") return undefined;
    const context = this.#tls.context();
    // A session that was trusted under the previous files must not be resumed with others.
    if (this.#tlsState?.context !== context) this.#tlsState = undefined;
    this.#tlsState ??= { context, session: undefined };
    return this.#tlsState;
  }

  #takeIdle(): Connection | undefined {
    const connection = this.#idle.pop();
    if (connection === undefined || connection.idleUntilMs > performance.now()) return connection;
    connection.close();
    return this.#takeIdle();
  }

  #keep(connection: Connection): void {
    this.#idle.push(connection);
    this.#sweepTimer ??= setTimeout(() => this.#sweep(), connection.idleUntilMs - performance.now()).unref();
  }

  #awaitEndOfTurn(): void {
    if (this.#turnEnds) return;
    this.#turnEnds = true;
    setImmediate(() => {
      this.#turnEnds = false;
      this.#sendDue();
    });
  }

  /**
   * Sends the due requests after everything that arrived in this turn has been processed: it may show that the server
   * has closed the connection. Where the server may do so right after its answer, another turn is waited for.
   */
  #sendDue(): void {
    const due = takeAll(this.#due);
    const turn = this.#turn++;
    this.#isSending = true;
    for (const one of due) {
      const [pending, connection] = one;
      if (!connection.isUsable) {
        if (!pending.isOver) this.send(pending);
      } else if (pending.isOver) this.#keep(connection);
      else if (connection.freeSinceTurn === turn) this.#due.push(one);
      else connection.send(pending);
    }
    this.#isSending = false;
    if (this.#due.length > 0) this.#awaitEndOfTurn();
    else this.#noteIfEmpty();
  }

  /** Closes what has been idle for too long. */
  #sweep(): void {
    this.#sweepTimer = undefined;
    const now = performance.now();
    for (const connection of this.#idle.filter(({ idleUntilMs }) => idleUntilMs <= now)) connection.close();
    if (this.#idle.length === 0) return;
    const next = Math.min(...this.#idle.map(({ idleUntilMs }) => idleUntilMs));
    this.#sweepTimer = setTimeout(() => this.#sweep(), next - now).unref();
  }

  #noteIfEmpty(): void {
    if (this.#connections.size > 0 || this.#due.length > 0 || this.#isSending) return;
    clearTimeout(this.#sweepTimer);
    this.#sweepTimer = undefined;
    this.#onEmpty();
  }
}
