import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll } from "vitest";
import { type RunningService, sharedRegistry } from "../../support/running-service.ts";

/**
 * A service with a registry of versions for all tests of a suite, each of which gets it empty, with ids from 1 on: its
 * database is emptied beneath it, as the thread that keeps it takes longer to start than most tests do. To be called
 * within `describe`.
 */
export function emptiedRegistry(): () => RunningService {
  const folder = mkdtempSync(join(tmpdir(), "emptied-registry-"));
  const file = join(folder, "versions.db");
  const service = sharedRegistry(() => ({ env: { DATABASE_URL: `sqlite:${file}` } }));
  afterAll(() => rmSync(folder, { recursive: true }));
  return () => {
    emptyDatabase(file);
    service().log.forget();
    return service();
  };
}

function emptyDatabase(file: string): void {
  const database = new DatabaseSync(file, { enableForeignKeyConstraints: false });
  try {
    const tables = database
      .prepare("select name from sqlite_master where type = 'table' and name like 'kmr_%' and name <> 'kmr_schema'")
      .all();
    const deletions = [...tables.map(({ name }) => name), "sqlite_sequence"].map((name) => `delete from ${name};`);
    database.exec(`begin immediate; ${deletions.join(" ")} commit`);
  } finally {
    database.close();
  }
}
