import type { ServerOptions } from "../database-options.ts";
import type { Executor, Row, RowPage, Session } from "./executor.ts";
import { interruptible } from "./interruptible.ts";
import { RowCollector } from "./row-collector.ts";
import type { Query } from "./statement.ts";

/** How many calls may wait for a connection. Further ones are refused at once. */
const maxWaiting = 1000;
/** How much longer than the server's own time limit a statement may take: then the server has gone silent. */
const graceMs = 5000;
/** How long a connection that nobody uses is kept. */
export const idleTimeoutMs = 60_000;

/** How long a driver waits for the answer to one statement, in milliseconds. */
export function answerTimeoutMs({ statementTimeoutMs }: ServerOptions): number {
  return statementTimeoutMs + graceMs;
}

/**
 * A statement that has sent this many times the size of a page is cancelled; before that, letting it finish costs less.
 */
const dropped = 4;

/** No connection was available, or the one in use has failed. */
class ConnectionError extends Error {
  /** Whether all connections are in use, or none can be opened. */
  readonly code: "KMR_BUSY" | "KMR_UNAVAILABLE";

  constructor(code: ConnectionError["code"], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** What differs between the drivers of database servers. */
export interface PoolDriver<C> {
  /** A connection of the pool, which opens one where it may. */
  connect(): Promise<C>;
  /** Gives a connection back, or throws it away where it is broken. */
  release(connection: C, broken: boolean): void;
  all(connection: C, query: Query): Promise<readonly Row[]>;
  /** Runs a statement, and passes on its rows as they arrive. */
  each(connection: C, query: Query, onRow: (row: Row) => void): Promise<void>;
  run(connection: C, query: Query): ReturnType<Session["run"]>;
  /** Begins or ends a transaction. */
  command(connection: C, text: "start transaction" | "commit" | "rollback"): Promise<void>;
  /** Cancels the statement that runs on a connection, over another one. If that fails, the connection is given up. */
  cancel(connection: C): Promise<void>;
  isBroken(error: unknown): boolean;
  close(): Promise<void>;
}

/** Runs statements on a pool of connections to a database server. */
export class PooledExecutor<C> implements Executor {
  readonly #driver: PoolDriver<C>;
  readonly #options: Pick<ServerOptions, "poolSize" | "connectTimeoutMs">;
  #waiting = 0;
  #inUse = 0;

  constructor(driver: PoolDriver<C>, options: Pick<ServerOptions, "poolSize" | "connectTimeoutMs">) {
    this.#driver = driver;
    this.#options = options;
  }

  async all(query: Query, signal?: AbortSignal): Promise<readonly Row[]> {
    return await this.#use((connection) => this.#driver.all(connection, query), signal);
  }

  async page(query: Query, maxChars: number, signal?: AbortSignal): Promise<RowPage> {
    return await this.#use((connection) => this.#page(connection, query, maxChars), signal);
  }

  async transaction<T>(work: (session: Session) => Promise<T>, signal?: AbortSignal): Promise<T> {
    return await this.#use(async (connection) => {
      await this.#driver.command(connection, "start transaction");
      try {
        const result = await work(this.#session(connection, signal));
        signal?.throwIfAborted();
        await this.#driver.command(connection, "commit");
        return result;
      } catch (error) {
        // A connection that cannot roll back is thrown away, and the transaction with it.
        await this.#driver.command(connection, "rollback").catch((failure: Error) => {
          throw new ConnectionError("KMR_UNAVAILABLE", failure.message, failure);
        });
        throw error;
      }
    }, signal);
  }

  async connection<T>(work: (session: Session) => Promise<T>, signal?: AbortSignal): Promise<T> {
    return await this.#use((connection) => work(this.#session(connection, signal)), signal);
  }

  async close(): Promise<void> {
    await this.#driver.close();
  }

  /** Rows beyond the page are dropped as they arrive, and their statement is cancelled where there are very many. */
  async #page(connection: C, query: Query, maxChars: number): Promise<RowPage> {
    const found = new RowCollector(maxChars);
    let cancelled: Promise<void> | undefined;
    try {
      await this.#driver.each(connection, query, (row) => {
        if (found.take(row) || found.droppedChars < dropped * maxChars) return;
        cancelled ??= this.#driver.cancel(connection);
      });
    } catch (error) {
      if (cancelled === undefined || this.#driver.isBroken(error)) throw error;
    }
    // The cancellation must not hit the next statement of this connection.
    await cancelled;
    return { rows: found.rows, isWhole: found.isWhole };
  }

  #session(connection: C, signal: AbortSignal | undefined): Session {
    return {
      all: async (query) => {
        signal?.throwIfAborted();
        return await this.#driver.all(connection, query);
      },
      run: async (query) => {
        signal?.throwIfAborted();
        return await this.#driver.run(connection, query);
      },
    };
  }

  async #use<T>(use: (connection: C) => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const connection = await this.#connect(signal);
    this.#inUse++;
    return await interruptible(() => use(connection), signal, {
      cancel: () => void this.#driver.cancel(connection),
      release: (broken) => {
        this.#inUse--;
        this.#driver.release(connection, broken);
      },
      isBroken: (error) => this.#driver.isBroken(error),
    });
  }

  #connect(signal: AbortSignal | undefined): Promise<C> {
    if (this.#waiting >= maxWaiting) {
      return Promise.reject(new ConnectionError("KMR_BUSY", "too many calls wait for a connection"));
    }
    this.#waiting++;
    return new Promise((resolve, reject) => {
      let settled = false;
      const settle = (act: () => void) => {
        if (settled) return;
        settled = true;
        this.#waiting--;
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
        act();
      };
      const onAbort = () => settle(() => reject(signal!.reason));
      const timer = setTimeout(() => {
        const full = this.#inUse >= this.#options.poolSize;
        settle(() => reject(new ConnectionError(full ? "KMR_BUSY" : "KMR_UNAVAILABLE", "no connection in time")));
      }, this.#options.connectTimeoutMs);
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#driver.connect().then(
        (connection) => {
          // The caller that waited for it may have left.
          if (settled) this.#driver.release(connection, false);
          else settle(() => resolve(connection));
        },
        (error: unknown) => settle(() => reject(error)),
      );
    });
  }
}
