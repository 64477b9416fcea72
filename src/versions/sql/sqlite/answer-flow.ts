/** Once this many characters of answers are on their way to the other thread, no more calls begin. */
const maxCharsOnTheWay = 1024 * 1024;
/** Smaller answers are not counted. That is nearly all of them, so they cost no acknowledgement. */
const minCounted = 8192;
/** After so long, in milliseconds, answers are sent and calls that have come are taken in before another call begins. */
const maxTurnMs = 2;

/** After so long, in milliseconds, half of the time that callers have taken is forgotten. */
const halfLifeMs = 1000;
/** Less than this is forgotten altogether, in milliseconds. */
const minUsedMs = 0.5;

/** How much time a caller has taken lately, in milliseconds. */
interface Used {
  totalMs: number;
  /** For one call at most. */
  longestMs: number;
}
const unused: Readonly<Used> = { totalMs: 0, longestMs: 0 };

/** A call that waits for its turn. */
export interface WaitingCall {
  readonly id: number;
  /** Whose call it is: callers share the time. Undefined: of those of whom nobody asks who they are. */
  readonly caller?: string | undefined;
}

/**
 * Begins calls of each caller in the order in which they come, of callers first of the one that has taken the least time lately, and
 * no more than the thread that asks can take the answers of: thousands may wait, and each of their answers may have megabytes.
 */
export class AnswerFlow<Call extends WaitingCall, Answer> {
  readonly #run: (call: Call) => Promise<Answer>;
  readonly #send: (answer: Answer) => void;
  /** By caller; the one that has had its turn last stands last. */
  readonly #waiting = new Map<string | undefined, Map<number, Call>>();
  readonly #used = new Map<string | undefined, Used>();
  #halvedAtMs = 0;
  #isRunning = false;
  #charsOnTheWay = 0;
  #turnStartMs = 0;
  #isPausing = false;
  /** Whether there are answers that have not gone out. */
  #hasAnswers = false;

  constructor(run: (call: Call) => Promise<Answer>, send: (answer: Answer) => void) {
    this.#run = run;
    this.#send = send;
  }

  add(calls: readonly Call[]): void {
    for (const call of calls) {
      const own = this.#waiting.get(call.caller);
      if (own === undefined) this.#waiting.set(call.caller, new Map([[call.id, call]]));
      else own.set(call.id, call);
    }
    this.#beginTurn();
  }

  /** Leaves out a call that nobody waits for any more, where it has not begun. */
  drop({ id, caller }: WaitingCall): void {
    const own = this.#waiting.get(caller);
    if (own?.delete(id) === true && own.size === 0) this.#waiting.delete(caller);
  }

  /** Called when the other thread has received so many counted characters. */
  taken(chars: number): void {
    this.#charsOnTheWay -= chars;
    this.#beginTurn();
  }

  #beginTurn(): void {
    if (this.#isPausing) return;
    this.#turnStartMs = performance.now();
    this.#begin();
  }

  #begin(): void {
    if (this.#isRunning || this.#isPausing) return;
    if (this.#waiting.size === 0 || this.#charsOnTheWay >= maxCharsOnTheWay) return;
    const caller = this.#leastUsed();
    const startMs = performance.now();
    // Others have their answers, and may have called again, before a long call begins.
    const mayBeLong = this.#hasAnswers && this.#usedBy(caller).longestMs > maxTurnMs;
    if (mayBeLong || startMs - this.#turnStartMs > maxTurnMs) {
      this.#pause();
      return;
    }
    // Statements run one after the other anyway, and the size of an answer is only known when it is there.
    this.#isRunning = true;
    void this.#run(this.#nextOf(caller)).then((answer) => {
      this.#isRunning = false;
      this.#note(caller, startMs);
      this.#charsOnTheWay += countedChars(answer);
      this.#send(answer);
      this.#hasAnswers = true;
      this.#begin();
    });
  }

  /** The next call of a caller, who stands behind the others then. */
  #nextOf(caller: string | undefined): Call {
    const own = this.#waiting.get(caller)!;
    const [call] = own.values() as unknown as [Call];
    own.delete(call.id);
    this.#waiting.delete(caller);
    if (own.size > 0) this.#waiting.set(caller, own);
    return call;
  }

  /** The caller whose turn it is, of those who wait. */
  #leastUsed(): string | undefined {
    let least: string | undefined;
    let leastMs = Number.POSITIVE_INFINITY;
    for (const caller of this.#waiting.keys()) {
      const { totalMs } = this.#usedBy(caller);
      if (totalMs >= leastMs) continue;
      least = caller;
      leastMs = totalMs;
    }
    return least;
  }

  #usedBy(caller: string | undefined): Readonly<Used> {
    return this.#used.get(caller) ?? unused;
  }

  #note(caller: string | undefined, startMs: number): void {
    const nowMs = performance.now();
    const before = this.#usedBy(caller);
    const tookMs = nowMs - startMs;
    this.#used.set(caller, { totalMs: before.totalMs + tookMs, longestMs: Math.max(before.longestMs, tookMs) });
    if (nowMs - this.#halvedAtMs < halfLifeMs) return;
    const factor = 0.5 ** ((nowMs - this.#halvedAtMs) / halfLifeMs);
    this.#halvedAtMs = nowMs;
    for (const [one, used] of this.#used) {
      used.totalMs *= factor;
      used.longestMs *= factor;
      if (used.totalMs < minUsedMs) this.#used.delete(one);
    }
  }

  /** Statements end within their promises, one after the other, and nothing would be sent or taken in before all have ended. */
  #pause(): void {
    this.#isPausing = true;
    // The first is over before messages are looked for.
    setImmediate(() =>
      setImmediate(() => {
        this.#isPausing = false;
        this.#hasAnswers = false;
        this.#beginTurn();
      }),
    );
  }
}

/** The characters of the texts in an answer, as both threads count them. */
export function countedChars(answer: unknown): number {
  const chars = charsIn(answer);
  return chars < minCounted ? 0 : chars;
}

function charsIn(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 0;
  let chars = 0;
  for (const part of Array.isArray(value) ? value : Object.values(value)) chars += charsIn(part);
  return chars;
}
