import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { Executor, Row, RowPage, Session } from "../executor.ts";
import { RowCollector } from "../row-collector.ts";
import type { Query } from "../statement.ts";
import { foldFunction } from "./sqlite-dialect.ts";

/** How long a write waits for another process that holds the file. */
const busyTimeoutMs = 5000;
/** Prepared statements without a name that are kept: filters of the same shape come again. */
const maxUnnamed = 64;

/**
 * One connection to a database of SQLite, a file or `:memory:`. Statements run on the thread that calls, one after the
 * other; while a transaction is open all else waits for its end.
 */
export class SqliteExecutor implements Executor {
  readonly #database: DatabaseSync;
  readonly #named = new Map<string, StatementSync>();
  readonly #unnamed = new Map<string, StatementSync>();
  /** Ends when the last transaction that was begun has ended. */
  #last: Promise<unknown> = Promise.resolve();
  #open = 0;

  constructor(path: string, { readOnly = false }: { readonly readOnly?: boolean } = {}) {
    this.#database = new DatabaseSync(path, { timeout: busyTimeoutMs, enableForeignKeyConstraints: true, readOnly });
    this.#database.exec("pragma cache_size = -16384");
    // A write that was acknowledged outlasts a power cut, at the price of one flush each.
    if (!readOnly) this.#database.exec("pragma journal_mode = wal; pragma synchronous = full");
    this.#database.function(foldFunction, { deterministic: true }, (text) =>
      typeof text === "string" ? text.toLowerCase() : text,
    );
  }

  async all(query: Query): Promise<readonly Row[]> {
    return this.#open === 0 ? this.#all(query) : await this.#alone(({ all }) => all(query));
  }

  async page(query: Query, maxChars: number): Promise<RowPage> {
    return this.#open === 0 ? this.#page(query, maxChars) : await this.#alone(async () => this.#page(query, maxChars));
  }

  async transaction<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return await this.#alone(async (session) => {
      // A deferred transaction that becomes a write fails at once where another has written meanwhile.
      this.#database.exec("begin immediate");
      try {
        const result = await work(session);
        this.#database.exec("commit");
        return result;
      } catch (error) {
        if (this.#database.isTransaction) this.#database.exec("rollback");
        throw error;
      }
    });
  }

  async connection<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return await this.#alone(work);
  }

  async close(): Promise<void> {
    await this.#last;
    this.#named.clear();
    this.#unnamed.clear();
    if (this.#database.isOpen) this.#database.close();
  }

  async #alone<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const before = this.#last;
    this.#open++;
    const turn = before.then(() =>
      work({ all: async (query) => this.#all(query), run: async (query) => this.#run(query) }),
    );
    this.#last = turn.then(
      () => {},
      () => {},
    );
    try {
      return await turn;
    } finally {
      this.#open--;
    }
  }

  #all(query: Query): readonly Row[] {
    return this.#prepared(query).all(...query.values) as unknown as Row[];
  }

  #page(query: Query, maxChars: number): RowPage {
    const found = new RowCollector(maxChars);
    for (const row of this.#prepared(query).iterate(...query.values)) {
      if (!found.take(row as unknown as Row)) break;
    }
    return { rows: found.rows, isWhole: found.isWhole };
  }

  #run(query: Query): string {
    return String(this.#prepared(query).run(...query.values).lastInsertRowid);
  }

  #prepared({ sql, name }: Query): StatementSync {
    const cache = name === undefined ? this.#unnamed : this.#named;
    let statement = cache.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      statement.setReturnArrays(true);
      if (cache === this.#unnamed && cache.size >= maxUnnamed) cache.delete(cache.keys().next().value!);
      cache.set(sql, statement);
    }
    return statement;
  }
}
