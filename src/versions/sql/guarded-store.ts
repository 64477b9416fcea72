import type { StoreStatus, VersionStore } from "../ports.ts";
import { isVersionsError, VersionsError } from "../versions-error.ts";
import type { MigrationProgress } from "./migrations/migrate.ts";
import { knownVersion } from "./migrations/migrations.ts";
import type { OpenedStore, OpenStore } from "./sql-store.ts";
import { type StoreCall, storeCalls } from "./store-calls.ts";

const minWaitMs = 250;
const maxWaitMs = 10_000;
const pingTimeoutMs = 5000;

export interface GuardOptions {
  /** Called on migrations, and when the database goes away and comes back. */
  readonly log?: MigrationProgress;
  /** Called with every call that has ended: how long it took, and why it failed. */
  readonly onCall?: (operation: StoreCall, seconds: number, reason: string | undefined) => void;
}

/**
 * Opens a store that survives losing its database. Resolves after the first try, successful or not. While the database
 * is away, calls are refused at once, and connecting is retried in the background.
 */
export async function openGuarded(open: OpenStore, options: GuardOptions = {}): Promise<VersionStore> {
  const guard = new Guard(open, options);
  await guard.start();
  return guard.store;
}

class Guard {
  readonly store: VersionStore;
  readonly #open: OpenStore;
  readonly #log: MigrationProgress;
  readonly #onCall: NonNullable<GuardOptions["onCall"]>;
  #opened: OpenedStore | undefined;
  #state: StoreStatus["state"] = "starting";
  #message = "the database is being opened";
  #timer: NodeJS.Timeout | undefined;
  #waitMs = minWaitMs;

  constructor(open: OpenStore, { log = () => {}, onCall = () => {} }: GuardOptions) {
    this.#open = open;
    this.#log = log;
    this.#onCall = onCall;
    this.store = {
      ...storeCalls((method, args) => this.#call(method, args)),
      stream: (...args) => this.#stream(args),
      status: () => this.#status(),
      close: () => this.#close(),
    };
  }

  async start(): Promise<void> {
    try {
      const opened = await this.#open(this.#log);
      if (this.#state === "closed") return await opened.store.close();
      this.#opened = opened;
      opened.onEnd?.(() => {
        this.#opened = undefined;
        this.#lost("its thread has ended");
      });
      this.#found();
    } catch (error) {
      this.#lost(error instanceof Error ? error.message : String(error), stateOf(error));
    }
  }

  async #call(method: StoreCall, args: readonly unknown[]): Promise<unknown> {
    const started = performance.now();
    const report = (reason?: string): void => this.#onCall(method, (performance.now() - started) / 1000, reason);
    try {
      const { store } = this.#ready();
      const result = await (store[method] as (...args: readonly unknown[]) => Promise<unknown>)(...args);
      report();
      return result;
    } catch (error) {
      report(error instanceof VersionsError ? error.reason : "ABORTED");
      throw this.#noted(error);
    }
  }

  async *#stream(args: Parameters<VersionStore["stream"]>) {
    try {
      yield* this.#ready().store.stream(...args);
    } catch (error) {
      throw this.#noted(error);
    }
  }

  #ready(): OpenedStore {
    if (this.#state === "ready" && this.#opened !== undefined) return this.#opened;
    const message = this.#state === "closed" ? "the server is shutting down" : this.#publicMessage();
    throw new VersionsError("DATABASE_UNAVAILABLE", message, {
      why: this.#state === "dirty" || this.#state === "newer" ? "schema" : "away",
      retryAfterMs: this.#waitMs,
    });
  }

  /** The part of the message that callers may see; the rest is in the log and in `status`. */
  #publicMessage(): string {
    return this.#state === "starting" ? "the database is being opened" : "the database cannot be used at the moment";
  }

  #noted(error: unknown): unknown {
    if (isVersionsError(error, "DATABASE_UNAVAILABLE") && error.data.why === "away" && this.#state === "ready") {
      this.#lost(error.message);
    }
    return error;
  }

  #lost(message: string, state: StoreStatus["state"] = "away"): void {
    if (this.#state === "closed") return;
    if (this.#message !== message) this.#log(`database: ${message}`);
    this.#state = state;
    this.#message = message;
    this.#timer = setTimeout(() => this.#retry(), this.#waitMs);
    this.#timer.unref();
    this.#waitMs = Math.min(2 * this.#waitMs, maxWaitMs);
  }

  #found(): void {
    const { database, schemaVersion } = this.#opened!;
    this.#state = "ready";
    this.#message = "";
    this.#waitMs = minWaitMs;
    this.#log(`database: ${database.kind} ${database.version} is ready, schema version ${schemaVersion}`);
  }

  async #retry(): Promise<void> {
    if (this.#opened === undefined) return await this.start();
    try {
      await this.#opened.store.ping({ signal: AbortSignal.timeout(pingTimeoutMs) });
      if (this.#state !== "closed") this.#found();
    } catch (error) {
      this.#lost(error instanceof Error ? error.message : String(error));
    }
  }

  #status(): StoreStatus {
    const { database, schemaVersion } = this.#opened ?? {};
    return {
      state: this.#state,
      database,
      schema: { applied: schemaVersion, known: knownVersion },
      message: this.#message,
    };
  }

  async #close(): Promise<void> {
    if (this.#state === "closed") return;
    this.#state = "closed";
    clearTimeout(this.#timer);
    await this.#opened?.store.close();
  }
}

function stateOf(error: unknown): StoreStatus["state"] {
  if (!isVersionsError(error, "DATABASE_UNAVAILABLE") || error.data.why !== "schema") return "away";
  return error.message.startsWith("the database has schema version") ? "newer" : "dirty";
}
