import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { Executor, Row, RowPage, Session } from "../executor.ts";
import { RowCollector } from "../row-collector.ts";
import type { Query } from "../statement.ts";
import { OpenedFile } from "./opened-file.ts";
import { foldFunction, inTimeFunction, TooLongError } from "./sqlite-dialect.ts";

/** How long a write waits for another process that locks the file, in milliseconds. */
const busyTimeoutMs = 5000;
/**
 * How long a statement may filter rows, in milliseconds: all others wait meanwhile. SQLite has no time limit, so the
 * functions that filters call enforce it.
 */
const maxFilterMs = 2000;
/** How many characters of texts beyond ASCII a statement may fold: SQLite frees none of them before it ends. */
const maxFoldedChars = 16 * 1024 * 1024;
/** How many unnamed prepared statements are kept: filters of the same form are repeated. */
const maxUnnamed = 64;

/**
 * One connection to a database of SQLite, a file or `:memory:`. Statements run on the thread that calls, one after the
 * other; while a transaction is open all else waits for its end.
 */
export class SqliteExecutor implements Executor {
  readonly #database: DatabaseSync;
  readonly #file: OpenedFile;
  readonly #named = new Map<string, StatementSync>();
  readonly #unnamed = new Map<string, StatementSync>();
  /** Ends when the last transaction that was begun has ended. */
  #last: Promise<unknown> = Promise.resolve();
  #open = 0;
  #startedMs = 0;
  #foldedChars = 0;
  #tooLong: TooLongError | undefined;

  constructor(path: string, { readOnly = false }: { readonly readOnly?: boolean } = {}) {
    this.#database = new DatabaseSync(path, { timeout: busyTimeoutMs, enableForeignKeyConstraints: true, readOnly });
    this.#database.exec("pragma cache_size = -16384");
    // A write that was acknowledged outlasts a power cut, at the price of one flush each.
    if (!readOnly) this.#database.exec("pragma journal_mode = wal; pragma synchronous = full");
    this.#file = new OpenedFile(path);
    this.#addFunctions();
  }

  async all(query: Query): Promise<readonly Row[]> {
    this.#file.assertThere(false);
    return this.#open === 0 ? this.#all(query) : await this.#alone(({ all }) => all(query));
  }

  async page(query: Query, maxChars: number): Promise<RowPage> {
    this.#file.assertThere(false);
    return this.#open === 0 ? this.#page(query, maxChars) : await this.#alone(async () => this.#page(query, maxChars));
  }

  async transaction<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return await this.#alone(async (session) => {
      this.#file.assertThere(true);
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

  /** None of them throws: what a function throws is lost where rows are read one by one, and the rows look like all there are. */
  #addFunctions(): void {
    this.#database.function(foldFunction, { deterministic: true }, (text) => {
      if (typeof text !== "string") return text;
      this.#foldedChars += text.length;
      if (this.#foldedChars > maxFoldedChars)
        this.#tooLong = new TooLongError("the texts of the statement are too long");
      return this.#tooLong === undefined ? text.toLowerCase() : "";
    });
    // Not deterministic: it would be asked once.
    this.#database.function(inTimeFunction, () => {
      if (performance.now() - this.#startedMs > maxFilterMs)
        this.#tooLong = new TooLongError("the statement takes too long");
      return this.#tooLong === undefined ? 1 : 0;
    });
  }

  /** Runs a statement, whose functions may have it end early. */
  #inTime<T>(run: () => T): T {
    this.#startedMs = performance.now();
    this.#foldedChars = 0;
    this.#tooLong = undefined;
    const result = run();
    if (this.#tooLong !== undefined) throw this.#tooLong;
    return result;
  }

  #all(query: Query): readonly Row[] {
    return this.#inTime(() => this.#prepared(query).all(...query.values) as unknown as Row[]);
  }

  #page(query: Query, maxChars: number): RowPage {
    const found = new RowCollector(maxChars);
    this.#inTime(() => {
      for (const row of this.#prepared(query).iterate(...query.values)) {
        if (!found.take(row as unknown as Row)) break;
      }
    });
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
