import { isMainThread, parentPort, type Worker, workerData } from "node:worker_threads";
import { nextMessage } from "../../../base/next-message.ts";
import { startThread } from "../../../base/start-thread.ts";
import type { CallOptions, ListQuery, VersionStore } from "../../ports.ts";
import { cannotOpen } from "../cannot-open.ts";
import { readFaults } from "../faults.ts";
import { knownVersion } from "../migrations/migrations.ts";
import { createReads } from "../reads.ts";
import { createSqlStore, migratedStore, type OpenedStore, type OpenStore } from "../sql-store.ts";
import { plain, type Query, Statements } from "../statement.ts";
import { storeCalls } from "../store-calls.ts";
import { streamPages } from "../stream-pages.ts";
import { AnswerFlow } from "./answer-flow.ts";
import { sqliteDialect } from "./sqlite-dialect.ts";
import { SqliteExecutor } from "./sqlite-executor.ts";
import {
  type Answer,
  errorFrom,
  type Request,
  type Sent,
  ThreadCalls,
  type ThrownError,
  thrown,
  together,
  unavailable,
} from "./thread-calls.ts";

const task = "keep the records of the registry of versions";

/** Long lists are read in batches this large, between which other calls have their turn. */
const batch = 100;

type Opened = Pick<OpenedStore, "database" | "schemaVersion">;

/** What a thread is started with. */
interface ThreadData {
  readonly task: typeof task;
  readonly path: string;
  /** Whether it reads alone, what another thread has opened. */
  readonly readOnly: boolean;
}

/** Opens a database of SQLite in a thread of its own, so that a long read there holds up no prediction here. */
export function openSqlite(path: string): OpenStore {
  return async (progress) => {
    const { thread, opened } = await startStore({ task, path, readOnly: false }, progress);
    return new SqliteThreads(path, thread, opened).opened;
  };
}

async function startStore(
  data: ThreadData,
  progress: (message: string) => void,
): Promise<{ readonly thread: Worker; readonly opened: Opened }> {
  const thread = startThread(import.meta.url, { workerData: data });
  for (;;) {
    const message = await nextMessage<{ progress: string } | { opened: Opened } | { error: ThrownError }>(thread);
    if ("progress" in message) progress(message.progress);
    else if ("error" in message) throw errorFrom(message.error);
    else return { thread, opened: message.opened };
  }
}

/**
 * The store as the main thread sees it. What goes through records by a filter may take seconds, and is done in a second thread,
 * which starts with the first of it: all else waits for no filter. Callers take turns in both.
 */
class SqliteThreads {
  readonly opened: OpenedStore;
  readonly #path: string;
  readonly #calls: ThreadCalls;
  readonly #listeners: (() => void)[] = [];
  #filters: Promise<ThreadCalls> | undefined;

  constructor(path: string, thread: Worker, { database, schemaVersion }: Opened) {
    this.#path = path;
    this.#calls = new ThreadCalls(thread, () => {
      for (const listener of this.#listeners) listener();
      // Whoever opens the database again has a thread of its own for filters.
      void this.#closeFilters().catch(() => {});
    });
    const statements = new Statements();
    // Rows cross between the threads, and become records here: a record is copied with the names of all of its fields.
    const reads = (options: CallOptions | undefined) =>
      createReads({
        dialect: sqliteDialect,
        executor: {
          all: (query) => this.#read("all", [query], query, options),
          page: (query, maxChars) => this.#read("page", [query, maxChars], query, options),
        },
        statements,
      });
    const store: VersionStore = {
      ...storeCalls((method, args) => {
        const { options, args: sent } = withoutOptions(args);
        return this.#calls.call(method, sent, options);
      }),
      get: (kind, key, options) => reads(options).get(kind, key, options),
      list: (kind, query, options) => reads(options).list(kind, query, options),
      count: (kind, query, options) => reads(options).count(kind, query, options),
      listJson: async (...args) => {
        const [kind, query, style, options] = args;
        const calls = isFiltered(query) ? await this.#ofFilters() : this.#calls;
        return calls.call("listJson", [kind, query, style], options);
      },
      stream: (kind, query, options) => streamPages((page) => store.list(kind, page, options), query, batch),
      status: () => ({
        state: "ready",
        database,
        schema: { applied: schemaVersion, known: knownVersion },
        message: "",
      }),
      close: () => this.#close(),
    };
    this.opened = { store, database, schemaVersion, onEnd: (listener) => this.#listeners.push(listener) };
  }

  async #close(): Promise<void> {
    this.#listeners.length = 0;
    // Only a connection that writes, and closes last, moves its log into the file. A log that stays would be applied to a backup that
    // takes the place of the file.
    await this.#closeFilters().catch(() => {});
    await this.#calls.close();
  }

  async #closeFilters(): Promise<void> {
    const filters = await this.#filters?.catch(() => undefined);
    await filters?.close();
  }

  async #read(method: "all" | "page", args: readonly unknown[], query: Query, options: CallOptions | undefined) {
    // Statements of filters alone have no name.
    const calls = query.name === undefined ? await this.#ofFilters() : this.#calls;
    return calls.call(method, args, options);
  }

  /** The thread of filters. A database in memory is in one thread alone. */
  #ofFilters(): Promise<ThreadCalls> {
    if (this.#path === ":memory:") return Promise.resolve(this.#calls);
    this.#filters ??= this.#startFilters();
    return this.#filters;
  }

  async #startFilters(): Promise<ThreadCalls> {
    const again = (): void => {
      this.#filters = undefined;
    };
    try {
      const { thread } = await startStore({ task, path: this.#path, readOnly: true }, () => {});
      // Nothing but filters fails with it: a caller whose filter ends the thread makes the database unavailable to nobody else.
      return new ThreadCalls(thread, again, "busy");
    } catch (error) {
      again();
      // Where the file is, is no matter of callers.
      throw unavailable("busy", "the database cannot be filtered at the moment", error);
    }
  }
}

function isFiltered({ filter = "" }: Pick<ListQuery, "filter">): boolean {
  return filter.trim() !== "";
}

/** A signal cannot be sent to a thread, and the rest is for the calls to it. */
function withoutOptions(args: readonly unknown[]): {
  readonly options: CallOptions | undefined;
  readonly args: readonly unknown[];
} {
  const last = args.at(-1) as CallOptions | undefined;
  if (typeof last !== "object" || last === null || !("signal" in last || "caller" in last)) {
    return { options: undefined, args };
  }
  const { signal: _, caller: __, ...rest } = last;
  return { options: last, args: [...args.slice(0, -1), rest] };
}

async function serve({ path, readOnly }: ThreadData): Promise<void> {
  const port = parentPort!;
  let executor: SqliteExecutor;
  let store: VersionStore;
  try {
    executor = new SqliteExecutor(path, { readOnly });
    const [row] = await executor.all(plain("select sqlite_version()"));
    const database = { kind: "sqlite", version: String(row![0]) } as const;
    const opened = readOnly
      ? { store: readingStore(executor), database, schemaVersion: knownVersion }
      : await migratedStore({ executor, dialect: sqliteDialect, database }, batch, (progress) =>
          port.postMessage({ progress }),
        );
    store = opened.store;
    port.postMessage({ opened: { database, schemaVersion: opened.schemaVersion } satisfies Opened });
  } catch (error) {
    port.postMessage({ error: thrown(cannotOpen({ kind: "sqlite", path }, error)) });
    return;
  }
  const all = (query: Query) => readFaults(sqliteDialect, undefined, () => executor.all(query));
  const page = (query: Query, maxChars: number) =>
    readFaults(sqliteDialect, undefined, () => executor.page(query, maxChars));
  const calls = { ...store, all, page };
  const answer = together<Answer>((answers) => port.postMessage(answers));
  const run = async ({ id, method, args }: Request): Promise<Answer> => {
    try {
      return { id, result: await (calls[method] as (...args: readonly unknown[]) => Promise<unknown>)(...args) };
    } catch (error) {
      return { id, error: thrown(error) };
    }
  };
  const flow = new AnswerFlow(run, answer);
  port.on("message", (message: Sent) => {
    if ("taken" in message) {
      flow.taken(message.taken);
      return;
    }
    const dropped = new Set<number>();
    for (const item of message) {
      if (!("dropped" in item)) continue;
      dropped.add(item.dropped.id);
      flow.drop(item.dropped);
    }
    flow.add(message.filter((item): item is Request => !("dropped" in item || dropped.has(item.id))));
  });
}

/** Reads a database whose schema another thread has brought up to date. */
function readingStore(executor: SqliteExecutor): VersionStore {
  const status = (): never => {
    throw new Error("the thread that writes knows how the database is");
  };
  return createSqlStore({ executor, dialect: sqliteDialect, status, batch });
}

if (!isMainThread && (workerData as { task?: unknown } | null)?.task === task) {
  await serve(workerData as ThreadData);
}
