/**
 * Tells those who work on something that it is no longer wanted, and why. Does what AbortSignal does at a fraction of
 * its cost: an AbortController for each prediction shows in a profile.
 */
export class Cancellation<Reason> {
  #reason: Reason | undefined;
  /** Undefined while there are none. Most calls have one, and a growing array would reserve room for many. */
  #listeners: ((reason: Reason) => void)[] | undefined;

  /** Why it was cancelled; undefined while it is wanted. */
  get reason(): Reason | undefined {
    return this.#reason;
  }

  /** Cancels once; later reasons are ignored. */
  cancel(reason: Reason): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    const listeners = this.#listeners ?? [];
    this.#listeners = undefined;
    for (const listener of listeners) listener(reason);
  }

  /** Calls back when it is cancelled, at once when it has been. Returns a function that ends it. */
  onCancel(listener: (reason: Reason) => void): () => void {
    if (this.#reason !== undefined) {
      listener(this.#reason);
      return () => {};
    }
    if (this.#listeners === undefined) this.#listeners = [listener];
    else this.#listeners.push(listener);
    return () => {
      const listeners = this.#listeners;
      const at = listeners?.indexOf(listener) ?? -1;
      if (at < 0) return;
      if (listeners!.length === 1) this.#listeners = undefined;
      else listeners!.splice(at, 1);
    };
  }
}

/** A function that throws the reason of a cancellation once it has been cancelled. */
export function wantedUnless(cancellation: Cancellation<Error>): () => void {
  return () => {
    if (cancellation.reason !== undefined) throw cancellation.reason;
  };
}
