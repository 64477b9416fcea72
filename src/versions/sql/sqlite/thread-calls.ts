import type { Worker } from "node:worker_threads";
import { takeAll } from "../../../base/take-all.ts";
import { longTexts } from "../../../base/text-pieces.ts";
import { whenNotBusy } from "../../../base/yield-if-busy.ts";
import type { CallOptions } from "../../ports.ts";
import { VersionsError, type VersionsReason } from "../../versions-error.ts";
import type { StoreCall } from "../store-calls.ts";
import { countedChars, type WaitingCall } from "./answer-flow.ts";
import { CallFlow } from "./call-flow.ts";

/** Calls that wait for the thread at most. One that comes on top is refused at once. */
const maxWaiting = 4096;
/** Calls of one caller that wait at most, where it is known who calls. */
const maxWaitingEach = 512;
const retryAfterMs = 1000;

/** A call on its way to the thread. */
export interface Request extends WaitingCall {
  readonly method: StoreCall | "all" | "page" | "close";
  readonly args: readonly unknown[];
}

/** Says that nobody waits for a call any more. */
export interface Dropped {
  readonly dropped: WaitingCall;
}

export type Answer = { readonly id: number } & ({ readonly result: unknown } | { readonly error: ThrownError });

/** Says how many characters of answers have arrived. */
export interface Taken {
  readonly taken: number;
}

/** What the thread is sent. */
export type Sent = readonly (Request | Dropped)[] | Taken;

/** An error as it goes from one thread to the other. */
export interface ThrownError {
  readonly message: string;
  readonly reason?: VersionsReason;
  readonly data?: unknown;
  readonly cause?: string;
}

interface Waiting {
  readonly caller: string | undefined;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

/** The calls of the main thread to that of a database. */
export class ThreadCalls {
  readonly #thread: Worker;
  readonly #waiting = new Map<number, Waiting>();
  /** How many of them are of which caller. */
  readonly #counts = new Map<string, number>();
  readonly #send: (item: Request | Dropped) => void;
  readonly #flow: CallFlow<Request>;
  readonly #onEnd: () => void;
  readonly #endedWhy: "away" | "busy";
  #onIdle: (() => void) | undefined;
  #next = 0;
  #isClosing = false;
  #ended = false;

  /**
   * @param onEnd is called when the thread has ended by itself
   * @param endedWhy what is said of its calls then: `away` that the database is lost, `busy` that they alone have failed
   */
  constructor(thread: Worker, onEnd: () => void, endedWhy: "away" | "busy" = "away") {
    this.#thread = thread;
    this.#onEnd = onEnd;
    this.#endedWhy = endedWhy;
    this.#send = together((items) => thread.postMessage(items));
    this.#flow = new CallFlow<Request>(this.#send);
    thread.on("message", (answers: readonly Answer[]) => {
      let chars = 0;
      for (const answer of answers) {
        const answerChars = countedChars(answer);
        chars += answerChars;
        this.#settle(answer, answerChars > 0);
      }
      if (chars > 0) setImmediate(() => void this.#tellTaken(chars));
    });
    thread.on("error", () => this.#end());
    thread.on("exit", () => this.#end());
  }

  /** Ends the thread when the calls that wait have ended. */
  async close(): Promise<void> {
    if (this.#ended) return;
    if (this.#waiting.size > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    const closed = this.call("close", [], undefined);
    this.#isClosing = true;
    await closed;
    this.#ended = true;
    await this.#thread.terminate();
  }

  /** @throws VersionsError DATABASE_UNAVAILABLE, TOO_MANY_CALLS, what the call fails with, or the reason of its signal */
  call(method: Request["method"], args: readonly unknown[], options: CallOptions | undefined): Promise<never> {
    const { signal, caller } = options ?? {};
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      if (this.#ended || this.#isClosing) return reject(this.#ofEnd());
      if (this.#waiting.size >= maxWaiting) return reject(unavailable("busy", "too many calls wait for the database"));
      if (caller !== undefined && (this.#counts.get(caller) ?? 0) >= maxWaitingEach) return reject(tooMany());
      const id = this.#next++;
      const onAbort = () => {
        this.#forget(id);
        if (this.#flow.end({ id, caller })) this.#send({ dropped: { id, caller } });
        reject(signal!.reason);
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      const settled =
        <T>(settle: (value: T) => void) =>
        (value: T) => {
          signal?.removeEventListener("abort", onAbort);
          settle(value);
        };
      this.#waiting.set(id, { caller, resolve: settled(resolve), reject: settled(reject) });
      if (caller !== undefined) this.#counts.set(caller, (this.#counts.get(caller) ?? 0) + 1);
      // The process lives for as long as somebody waits for an answer.
      if (this.#waiting.size === 1) this.#thread.ref();
      this.#flow.add({ id, caller, method, args });
    });
  }

  /** Whoever waits for answers does with them what it has to first: nobody could hold all that a thread can read. */
  async #tellTaken(chars: number): Promise<void> {
    await whenNotBusy(longTexts);
    this.#thread.postMessage({ taken: chars } satisfies Taken);
  }

  #settle(answer: Answer, isLong: boolean): void {
    const waiting = this.#forget(answer.id);
    // The caller may have left.
    if (waiting === undefined) return;
    this.#flow.end({ id: answer.id, caller: waiting.caller });
    // To take a long answer in has taken its time.
    const turn = isLong ? whenNotBusy(longTexts) : undefined;
    if (turn === undefined) settle(waiting, answer);
    else void turn.then(() => settle(waiting, answer));
  }

  #forget(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return undefined;
    this.#waiting.delete(id);
    const { caller } = waiting;
    if (caller !== undefined) {
      const left = this.#counts.get(caller)! - 1;
      if (left > 0) this.#counts.set(caller, left);
      else this.#counts.delete(caller);
    }
    if (this.#waiting.size === 0) {
      this.#thread.unref();
      this.#onIdle?.();
    }
    return waiting;
  }

  #ofEnd(): VersionsError {
    return unavailable(this.#endedWhy, "the database cannot be reached: its thread has ended");
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const { reject } of this.#waiting.values()) reject(this.#ofEnd());
    this.#waiting.clear();
    this.#counts.clear();
    this.#onIdle?.();
    this.#onEnd();
  }
}

function settle({ resolve, reject }: Waiting, answer: Answer): void {
  if ("result" in answer) resolve(answer.result as never);
  else reject(errorFrom(answer.error));
}

/** Sends what comes in one turn of the event loop by one message: a message costs a thread more than a statement does. */
export function together<T>(send: (items: readonly T[]) => void): (item: T) => void {
  const waiting: T[] = [];
  return (item) => {
    if (waiting.push(item) > 1) return;
    setImmediate(() => send(takeAll(waiting)));
  };
}

/** The error of a call that a thread cannot do at the moment. */
export function unavailable(why: "away" | "busy", message: string, cause?: unknown): VersionsError {
  return new VersionsError(
    "DATABASE_UNAVAILABLE",
    message,
    { why, retryAfterMs },
    cause === undefined ? {} : { cause },
  );
}

function tooMany(): VersionsError {
  const message = `${maxWaitingEach} of your calls wait for the database; wait for their answers before you send more`;
  return new VersionsError("TOO_MANY_CALLS", message, { retryAfterMs });
}

/** The error that was thrown in the other thread. */
export function errorFrom({ message, reason, data, cause }: ThrownError): Error {
  if (reason === undefined) return new Error(message);
  return new VersionsError(reason, message, data as never, cause === undefined ? {} : { cause: new Error(cause) });
}

/** What was thrown, for the other thread. */
export function thrown(error: unknown): ThrownError {
  if (!(error instanceof VersionsError))
    return { message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  const { message, reason, data, cause } = error;
  return { message, reason, data, ...(cause === undefined ? {} : { cause: String(cause) }) };
}
