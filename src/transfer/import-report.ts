import type { KindName } from "../versions/kinds/kinds.ts";

/** What became of the records of one kind. */
export interface ImportTally {
  /** Read from the source, in the last comparison. */
  read: number;
  /** Written here, in all of the run. */
  written: number;
  /** The same on both sides at the end. */
  equal: number;
  /** There are so many here, whether or not they came from the source. */
  here: number;
}

/** A record that is not the same on both sides, and why. */
export interface ImportProblem {
  /** `model version 7 (2.1.0)`. */
  readonly record: string;
  readonly problem: string;
}

export interface ImportReport {
  readonly kinds: Readonly<Record<KindName | "alias", ImportTally>>;
  /** Whether everything of the source is here as it is there. */
  readonly isEqual: boolean;
  /** How many records are not, and the first 100 of them. */
  readonly differing: number;
  readonly problems: readonly ImportProblem[];
}

/** What an import has done so far. */
export interface ImportProgress {
  /** Whether it compares what it has written, or goes through the source for the first time. */
  readonly round: number;
  readonly read: number;
  readonly written: number;
}
