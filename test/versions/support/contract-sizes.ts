import type { ContractSizes } from "../store-contract.ts";

export const isLong = process.env.VERSIONS_LONG === "1";

/** Short by default; with `VERSIONS_LONG=1`, 10,000 rows are paged through and 2,000 filters are generated. */
export const contractSizes: ContractSizes = isLong ? { rows: 10_000, filters: 2000 } : { rows: 500, filters: 200 };

export const migrationSizes = { starts: isLong ? 20 : 4, kills: 10, everyChange: isLong };
