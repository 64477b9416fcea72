import { once } from "node:events";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { longTexts } from "../../../base/text-pieces.ts";
import { whenNotBusy } from "../../../base/yield-if-busy.ts";
import type { CallOptions, VersionStore } from "../../ports.ts";
import { VersionsError, type VersionsReason } from "../../versions-error.ts";
import { cannotOpen } from "../cannot-open.ts";
import { readFaults } from "../faults.ts";
import { knownVersion } from "../migrations/migrations.ts";
import { createReads } from "../reads.ts";
import { migratedStore, type OpenedStore, type OpenStore } from "../sql-store.ts";
import { plain, type Query, Statements } from "../statement.ts";
import { type StoreCall, storeCalls } from "../store-calls.ts";
import { streamPages } from "../stream-pages.ts";
import { AnswerFlow, countedChars } from "./answer-flow.ts";
import { sqliteDialect } from "./sqlite-dialect.ts";
import { SqliteExecutor } from "./sqlite-executor.ts";

const task = "keep the records of the registry of versions";

/** Calls that wait for the thread at most. One that comes on top is refused at once. */
const maxWaiting = 4096;
/** Long lists are read in batches this large, between which other calls have their turn. */
const batch = 100;

interface Request {
  readonly id: number;
  readonly method: StoreCall | "all" | "page" | "close";
  readonly args: readonly unknown[];
}

type Answer = { readonly id: number } & ({ readonly result: unknown } | { readonly error: ThrownError });
/** Says how many characters of answers have arrived. */
interface Taken {
  readonly taken: number;
}
type ThrownError = {
  readonly message: string;
  readonly reason?: VersionsReason;
  readonly data?: unknown;
  readonly cause?: string;
};

/** Opens a database of SQLite in a thread of its own, so that a long read there holds up no prediction here. */
export function openSqlite(path: string): OpenStore {
  return async (progress) => {
    // This module is in the bundle under another name: the thread starts with whatever file it is in.
    const thread = new Worker(new URL(import.meta.url), { workerData: { task, path }, execArgv: [] });
    thread.unref();
    for (;;) {
      const [message] = (await once(thread, "message")) as [
        { progress: string } | { opened: Opened } | { error: ThrownError },
      ];
      if ("progress" in message) progress(message.progress);
      else if ("error" in message) throw errorFrom(message.error);
      else return new SqliteThread(thread, message.opened).opened;
    }
  };
}

type Opened = Pick<OpenedStore, "database" | "schemaVersion">;

interface Waiting {
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

/** The store as the main thread sees it. */
class SqliteThread {
  readonly opened: OpenedStore;
  readonly #thread: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners: (() => void)[] = [];
  readonly #send: (request: Request) => void;
  #next = 0;
  #ended = false;

  constructor(thread: Worker, { database, schemaVersion }: Opened) {
    this.#thread = thread;
    this.#send = together((requests) => thread.postMessage(requests));
    thread.on("message", (answers: readonly Answer[]) => {
      let chars = 0;
      for (const answer of answers) {
        chars += countedChars(answer);
        this.#settle(answer);
      }
      if (chars > 0) setImmediate(() => void this.#tellTaken(chars));
    });
    thread.on("error", () => this.#end());
    thread.on("exit", () => this.#end());
    const store: VersionStore = {
      ...storeCalls((method, args) => this.#call(method, args)),
      // Rows cross between the threads, and become records here: a record is copied with the names of all of its fields.
      ...createReads({
        dialect: sqliteDialect,
        executor: {
          all: (query, signal) => this.#call("all", [query, { signal }]),
          page: (query, maxChars, signal) => this.#call("page", [query, maxChars, { signal }]),
        },
        statements: new Statements(),
      }),
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
    if (this.#ended) return;
    this.#listeners.length = 0;
    await this.#call("close", []);
    await this.#thread.terminate();
  }

  /** Whoever waits for answers does with them what it has to first: nobody could hold all that a thread can read. */
  async #tellTaken(chars: number): Promise<void> {
    await whenNotBusy(longTexts);
    this.#thread.postMessage({ taken: chars } satisfies Taken);
  }

  #call(method: Request["method"], args: readonly unknown[]): Promise<never> {
    const { signal, args: sent } = withoutSignal(args);
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      if (this.#ended) return reject(away("its thread has ended"));
      if (this.#waiting.size >= maxWaiting) return reject(unavailable("busy", "too many calls wait for the database"));
      const id = this.#next++;
      const onAbort = () => {
        this.#waiting.delete(id);
        reject(signal!.reason);
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      const settled =
        <T>(settle: (value: T) => void) =>
        (value: T) => {
          signal?.removeEventListener("abort", onAbort);
          settle(value);
        };
      this.#waiting.set(id, { resolve: settled(resolve), reject: settled(reject) });
      // The process lives for as long as somebody waits for an answer.
      if (this.#waiting.size === 1) this.#thread.ref();
      this.#send({ id, method, args: sent });
    });
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    // The caller may have left.
    if (waiting === undefined) return;
    this.#waiting.delete(answer.id);
    if (this.#waiting.size === 0) this.#thread.unref();
    if ("result" in answer) waiting.resolve(answer.result as never);
    else waiting.reject(errorFrom(answer.error));
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const { reject } of this.#waiting.values()) reject(away("its thread has ended"));
    this.#waiting.clear();
    for (const listener of this.#listeners) listener();
  }
}

/** Sends what comes in one turn of the event loop by one message: a message costs a thread more than a statement does. */
function together<T>(send: (items: readonly T[]) => void): (item: T) => void {
  let waiting: T[] = [];
  return (item) => {
    if (waiting.push(item) > 1) return;
    setImmediate(() => {
      const items = waiting;
      waiting = [];
      send(items);
    });
  };
}

/** A signal cannot be sent to a thread. */
function withoutSignal(args: readonly unknown[]): { signal: AbortSignal | undefined; args: readonly unknown[] } {
  const last = args.at(-1) as CallOptions | undefined;
  if (typeof last !== "object" || last === null || !("signal" in last)) return { signal: undefined, args };
  const { signal, ...rest } = last;
  return { signal, args: [...args.slice(0, -1), rest] };
}

function unavailable(why: "away" | "busy", message: string): VersionsError {
  return new VersionsError("DATABASE_UNAVAILABLE", message, { why, retryAfterMs: 1000 });
}

function away(why: string): VersionsError {
  return unavailable("away", `the database cannot be reached: ${why}`);
}

function errorFrom({ message, reason, data, cause }: ThrownError): Error {
  if (reason === undefined) return new Error(message);
  return new VersionsError(reason, message, data as never, cause === undefined ? {} : { cause: new Error(cause) });
}

function thrown(error: unknown): ThrownError {
  if (!(error instanceof VersionsError))
    return { message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  const { message, reason, data, cause } = error;
  return { message, reason, data, ...(cause === undefined ? {} : { cause: String(cause) }) };
}

async function serve(path: string): Promise<void> {
  const port = parentPort!;
  let executor: SqliteExecutor;
  let opened: OpenedStore;
  try {
    executor = new SqliteExecutor(path);
    const [row] = await executor.all(plain("select sqlite_version()"));
    const database = { kind: "sqlite", version: String(row![0]) };
    opened = await migratedStore({ executor, dialect: sqliteDialect, database }, batch, (progress) =>
      port.postMessage({ progress }),
    );
    port.postMessage({ opened: { database, schemaVersion: opened.schemaVersion } satisfies Opened });
  } catch (error) {
    port.postMessage({ error: thrown(cannotOpen({ kind: "sqlite", path }, error)) });
    return;
  }
  const all = (query: Query) => readFaults(sqliteDialect, undefined, () => executor.all(query));
  const page = (query: Query, maxChars: number) =>
    readFaults(sqliteDialect, undefined, () => executor.page(query, maxChars));
  const calls = { ...opened.store, all, page };
  const answer = together<Answer>((answers) => port.postMessage(answers));
  const run = async ({ id, method, args }: Request): Promise<Answer> => {
    try {
      return { id, result: await (calls[method] as (...args: readonly unknown[]) => Promise<unknown>)(...args) };
    } catch (error) {
      return { id, error: thrown(error) };
    }
  };
  const flow = new AnswerFlow(run, answer);
  port.on("message", (message: readonly Request[] | Taken) => {
    if ("taken" in message) flow.taken(message.taken);
    else flow.add(message);
  });
}

if (!isMainThread && (workerData as { task?: unknown } | null)?.task === task) {
  await serve((workerData as { path: string }).path);
}
