import { afterAll, beforeAll, describe } from "vitest";
import { openVersionStore } from "../../../src/versions/open-store.ts";
import { describeMigrations } from "../contract/migrations.ts";
import { describeVersionStore } from "../store-contract.ts";
import { contractSizes, migrationSizes } from "../support/contract-sizes.ts";
import type { DatabaseServer } from "./database-server.ts";
import { newMysqlDatabase, startMariadb } from "./mysql-server.ts";

describe("MariaDB", () => {
  let server: DatabaseServer;
  beforeAll(async () => {
    server = await startMariadb();
  });
  afterAll(() => server.stop());

  describeVersionStore("the store", async () => openVersionStore(await newMysqlDatabase(server)), contractSizes);
  describe("the schema", () => describeMigrations(() => newMysqlDatabase(server), migrationSizes));
});
