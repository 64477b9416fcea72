import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, it, onTestFinished } from "vitest";
import { migrateDatabase } from "../../../src/versions/database-commands.ts";
import { startRegistry } from "../../support/running-service.ts";

const noModels = { ENABLE_KSERVE_INTEGRATION: "false", KSERVE_MODEL_REGISTRY: undefined };
const unreachable = "postgres://mr@127.0.0.1:1/records";

async function probe(url: string, path: string): Promise<[status: number, reason: string | undefined]> {
  const response = await fetch(url + path, { headers: { connection: "close" } });
  return [response.status, ((await response.json()) as { readonly reason?: string }).reason];
}

/** A SQLite database whose schema a later program has changed. */
async function newerDatabase(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "versions-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "newer.db");
  await migrateDatabase({ kind: "sqlite", path }, () => {});
  const database = new DatabaseSync(path);
  database.exec("insert into kmr_schema (version, name, steps, steps_done, applied_time) values (99, 'x', 1, 1, 0)");
  database.close();
  return path;
}

it("says under /readyz/isDirty that the schema of the database is newer", async () => {
  const { url } = await startRegistry({ env: { DATABASE_URL: `sqlite:${await newerDatabase()}` } });
  expect(await probe(url, "/readyz/isDirty")).toEqual([503, expect.stringMatching(/schema version 99/)]);
  expect(await probe(url, "/readyz/health")).toEqual([200, undefined]);
});

it("is not ready under /readyz/health where nothing but versions is served and the database is away", async () => {
  const { url } = await startRegistry({ env: { ...noModels, DATABASE_URL: unreachable } });
  expect(await probe(url, "/readyz/health")).toEqual([503, expect.stringMatching(/127\.0\.0\.1|ECONNREFUSED/)]);
  expect(await probe(url, "/readyz")).toEqual([200, undefined]);
  expect(await probe(url, "/readyz/isDirty")).toEqual([200, undefined]);
});

it("stays ready without its database where models are served", async () => {
  const { url } = await startRegistry({ env: { DATABASE_URL: unreachable } });
  expect(await probe(url, "/readyz/health")).toEqual([200, undefined]);
});
