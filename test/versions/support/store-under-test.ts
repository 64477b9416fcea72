import type { VersionStore } from "../../../src/versions/ports.ts";

/** A store that a contract is checked on. It may hold other records: each test uses names and parents of its own. */
export interface StoreUnderTest {
  readonly store: VersionStore;
}

let next = 0;

/** A name that no other test has used. */
export function unique(stem = "record"): string {
  return `${stem}-${process.pid}-${next++}`;
}
