import { RegistryError } from "../registry/registry-error.ts";

/** When to try again after a refusal: about the time a place takes to become free. */
const retryAfterMs = 1000;

/** Limits how many predictions of one model are under way, so that one slow model cannot hold everything. */
export class Admission {
  readonly #maxInFlight: number;
  readonly #inFlight = new Map<string, number>();

  constructor(maxInFlight: number) {
    this.#maxInFlight = maxInFlight;
  }

  /** How many predictions of a model are under way. */
  inFlight(model: string): number {
    return this.#inFlight.get(model) ?? 0;
  }

  /**
   * Takes a place. Every place taken must be left.
   *
   * @throws RegistryError TOO_MANY_IN_FLIGHT
   */
  enter(model: string, metadata: Readonly<Record<string, string>>): void {
    const count = this.inFlight(model);
    if (count >= this.#maxInFlight) {
      throw new RegistryError(
        "TOO_MANY_IN_FLIGHT",
        `${count} predictions of ${model} are under way, and ${this.#maxInFlight} are allowed (KSERVE_MAX_IN_FLIGHT)`,
        { metadata, retryAfterMs, failure: { stage: "admit", hint: "Try again, or call less at a time." } },
      );
    }
    this.#inFlight.set(model, count + 1);
  }

  leave(model: string): void {
    const count = this.inFlight(model) - 1;
    if (count > 0) this.#inFlight.set(model, count);
    else this.#inFlight.delete(model);
  }
}
