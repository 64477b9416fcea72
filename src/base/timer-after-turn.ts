import { takeAll } from "./take-all.ts";

/** Those that were asked for in this turn of the event loop. */
const asked: TimerAfterTurn[] = [];

/**
 * A timer that is nearly always cleared within the turn of the event loop in which it is made. It is set at the end of
 * that turn, unless it has been cleared: Node keeps a list for each duration and drops it with its last timer, so
 * setting and clearing one at once costs more than it looks.
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
  for (const timer of takeAll(asked)) timer.set();
}
