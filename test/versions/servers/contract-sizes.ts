import type { ContractSizes } from "../store-contract.ts";

/** Short by default; with `VERSIONS_LONG=1`, 10,000 rows are paged through and 2,000 filters are generated. */
export const contractSizes: ContractSizes =
  process.env.VERSIONS_LONG === "1" ? { rows: 10_000, filters: 2000 } : { rows: 1000, filters: 300 };

/** How many starts at once a migration is tried with, and how many points it is killed at. */
export const migrationSizes = { starts: 20, kills: process.env.VERSIONS_LONG === "1" ? 1000 : 3 };
