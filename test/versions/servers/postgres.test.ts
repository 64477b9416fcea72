import { afterAll, beforeAll, describe } from "vitest";
import { openVersionStore } from "../../../src/versions/open-store.ts";
import { describeMigrations } from "../contract/migrations.ts";
import { describeVersionStore } from "../store-contract.ts";
import { contractSizes, migrationSizes } from "../support/contract-sizes.ts";
import type { DatabaseServer } from "./database-server.ts";
import { newPostgresDatabase, startPostgres } from "./postgres-server.ts";

describe.each(["debian", "newer"] as const)("PostgreSQL, %s", (which) => {
  let server: DatabaseServer;
  beforeAll(async () => {
    server = await startPostgres(which);
  });
  afterAll(() => server.stop());

  describeVersionStore("the store", async () => openVersionStore(await newPostgresDatabase(server)), contractSizes);
  // The statements are the same on both: cut short at fewer points on the second.
  const sizes = which === "debian" ? migrationSizes : { ...migrationSizes, kills: Math.min(3, migrationSizes.kills) };
  describe("the schema", () => describeMigrations(() => newPostgresDatabase(server), sizes));
});
