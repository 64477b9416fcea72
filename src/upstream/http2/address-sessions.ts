import { backoffMs } from "../../base/backoff.ts";
import type { Session } from "./session.ts";

/** A further session is opened when the existing ones are full. */
const maxSessions = 8;
/** An address that does not answer is not tried for a while where there are others. */
const redial = { minMs: 250, maxMs: 10_000 };

/** The sessions to one address. */
export class AddressSessions {
  readonly address: string;
  #sessions: Session[] = [];
  #opening = false;
  #failures = 0;
  #redialMs = 0;

  constructor(address: string) {
    this.address = address;
  }

  get sessions(): readonly Session[] {
    return this.#sessions;
  }

  /** Whether one is being opened. */
  get isOpening(): boolean {
    return this.#opening;
  }

  /** Whether one should be opened, for all that is known of the address. */
  get wantsSession(): boolean {
    if (this.#opening || performance.now() < this.#redialMs) return false;
    // Each call asks.
    let isAnyFresh = false;
    let areFull = this.#sessions.length < maxSessions;
    for (const session of this.#sessions) {
      isAnyFresh ||= !session.isExpired;
      areFull &&= session.isSettled && session.room <= 0;
    }
    return !isAnyFresh || areFull;
  }

  openingBegan(): void {
    this.#opening = true;
  }

  /** A new one takes the place of those that are too old. */
  opened(session: Session): void {
    this.#opening = false;
    this.#failures = 0;
    for (const old of this.#sessions.filter(({ isExpired }) => isExpired)) old.retire();
    this.#sessions.push(session);
  }

  openingFailed(): void {
    this.#opening = false;
    this.#redialMs = performance.now() + backoffMs(++this.#failures, redial);
  }

  /** Forgets those that take no more calls. */
  sweep(): void {
    if (this.#sessions.some(({ isUsable }) => !isUsable)) {
      this.#sessions = this.#sessions.filter(({ isUsable }) => isUsable);
    }
  }

  /** Takes no more calls. */
  retire(): void {
    for (const session of this.#sessions) session.retire();
    this.#sessions = [];
  }

  /** The session with the fewest open calls of those that have room; undefined where all are full. */
  freest(): Session | undefined {
    let best: Session | undefined;
    for (const session of this.#sessions) {
      if (session.room > 0 && (best === undefined || session.openCalls < best.openCalls)) best = session;
    }
    return best;
  }

  /** How many calls are open to the address. */
  get openCalls(): number {
    let sum = 0;
    for (const { openCalls } of this.#sessions) sum += openCalls;
    return sum;
  }
}
