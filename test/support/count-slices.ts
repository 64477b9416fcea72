import type { Slices } from "../../src/base/in-slices.ts";

/** What came of work, or what it threw, and in how many slices. */
export interface SlicedOutcome {
  readonly found: unknown;
  readonly slices: number;
}

/** Does work one slice after the other. */
export function countSlices(work: Slices<unknown>): SlicedOutcome {
  for (let slices = 1; ; slices++) {
    try {
      const { done, value } = work.next();
      if (done === true) return { found: value, slices };
    } catch (error) {
      return { found: error, slices };
    }
  }
}
