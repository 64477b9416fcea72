import { countedChars, type WaitingCall } from "./answer-flow.ts";

/**
 * Once this many characters of calls are in the other thread, or on their way to it, further long calls wait here. There
 * each has a copy in the message, one in the heap, and one in SQLite.
 */
const maxCharsOnTheWay = 2 * 1024 * 1024;

/** A call to the thread. */
interface SentCall extends WaitingCall {
  readonly args: readonly unknown[];
}

interface LongCall<Call> {
  readonly call: Call;
  readonly chars: number;
}

/** Passes calls on to the thread: short ones at once, and long ones when there is room for them, by callers in turn. */
export class CallFlow<Call extends SentCall> {
  readonly #send: (call: Call) => void;
  /** The characters of long calls that have been passed on, by id. */
  readonly #onTheWay = new Map<number, number>();
  #charsOnTheWay = 0;
  /** Long calls that wait, by caller; the one whose turn is next comes first. */
  readonly #waiting = new Map<string | undefined, LongCall<Call>[]>();

  constructor(send: (call: Call) => void) {
    this.#send = send;
  }

  add(call: Call): void {
    const chars = countedChars(call.args);
    if (chars === 0) {
      this.#send(call);
      return;
    }
    const own = this.#waiting.get(call.caller);
    if (own === undefined) this.#waiting.set(call.caller, [{ call, chars }]);
    else own.push({ call, chars });
    this.#passOn();
  }

  /** Called once a call has its answer, or nobody waits for it any more. Returns whether it had been passed on. */
  end({ id, caller }: WaitingCall): boolean {
    const own = this.#waiting.get(caller);
    const index = own?.findIndex(({ call }) => call.id === id) ?? -1;
    if (index >= 0) {
      own!.splice(index, 1);
      if (own!.length === 0) this.#waiting.delete(caller);
      return false;
    }
    const chars = this.#onTheWay.get(id);
    if (chars !== undefined) {
      this.#onTheWay.delete(id);
      this.#charsOnTheWay -= chars;
      this.#passOn();
    }
    return true;
  }

  #passOn(): void {
    for (const [caller, own] of this.#waiting) {
      const { call, chars } = own[0]!;
      // One alone may be longer.
      if (this.#charsOnTheWay > 0 && this.#charsOnTheWay + chars > maxCharsOnTheWay) return;
      own.shift();
      this.#waiting.delete(caller);
      if (own.length > 0) this.#waiting.set(caller, own);
      this.#onTheWay.set(call.id, chars);
      this.#charsOnTheWay += chars;
      this.#send(call);
    }
  }
}
