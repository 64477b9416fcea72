import { afterAll, beforeAll, describe } from "vitest";
import type { VersionStore } from "../../src/versions/ports.ts";
import { describeFilters } from "./contract/filters.ts";
import { describeLists } from "./contract/lists.ts";
import { describeRecords } from "./contract/records.ts";
import { describeRegistration } from "./contract/registration.ts";
import { describeWrites } from "./contract/writes.ts";

/** How much of the contract is run: the sizes of what grows. */
export interface ContractSizes {
  /** Records that are paged through while others change them. */
  readonly rows: number;
  /** Generated filters. */
  readonly filters: number;
}

/** What every database has to do. Each joins by one line. */
export function describeVersionStore(name: string, open: () => Promise<VersionStore>, sizes: ContractSizes): void {
  describe(name, () => {
    let store: VersionStore;
    beforeAll(async () => {
      store = await open();
    });
    afterAll(() => store.close());
    const under = () => ({ store });
    describe("records", () => describeRecords(under));
    describe("writes", () => describeWrites(under));
    describe("lists", () => describeLists(under, sizes.rows));
    describe("filters", () => describeFilters(under, sizes.filters));
    describe("registration", () => describeRegistration(under));
  });
}
