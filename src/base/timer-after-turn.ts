/** Those that were asked for in this turn of the event loop. */
let asked: TimerAfterTurn[] = [];

/**
 * A timer for what is nearly always over by the end of the turn of the event loop in which it begins: it is set only then, where
 * it has not been cleared. Node makes a list for each duration, and drops it with its last timer, so that to set one and clear
 * it at once costs more than it looks.
 */
export class TimerAfterTurn {
  readonly #delayMs: number;
  #onTime: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param delayMs from the end of the turn; infinite for never */
  constructor(onTime: () => void, delayMs: number) {
    this.#onTime = onTime;
    this.#delayMs = delayMs;
    if (delayMs === Number.POSITIVE_INFINITY) return;
    if (asked.length === 0) setImmediate(setAll);
    asked.push(this);
  }

  set(): void {
    if (this.#onTime !== undefined) this.#timer = setTimeout(this.#onTime, this.#delayMs);
  }

  clear(): void {
    this.#onTime = undefined;
    if (this.#timer !== undefined) clearTimeout(this.#timer);
  }
}

function setAll(): void {
  const timers = asked;
  asked = [];
  for (const timer of timers) timer.set();
}
