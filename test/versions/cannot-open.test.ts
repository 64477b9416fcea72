import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it, onTestFinished } from "vitest";
import { databaseStatus, migrateDatabase } from "../../src/versions/database-commands.ts";
import type { DatabaseOptions, ServerOptions } from "../../src/versions/database-options.ts";
import { openVersionStore } from "../../src/versions/open-store.ts";

const folder = mkdtempSync(join(tmpdir(), "versions-"));
afterAll(() => rmSync(folder, { recursive: true }));

const at = (name: string) => join(folder, name);
const sqlite = (name: string): DatabaseOptions => ({ kind: "sqlite", path: at(name) });
const silently = () => {};

/** A server that nobody runs. */
function nowhere(kind: ServerOptions["kind"], more: Partial<ServerOptions> = {}): ServerOptions {
  return {
    ...{ kind, host: "127.0.0.1", port: 1, database: "records", user: "mr", tls: undefined },
    ...{ poolSize: 2, connectTimeoutMs: 2000, statementTimeoutMs: 2000, ...more },
  };
}

/** Runs something as a user who may read the files of others, and not write them. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return await work();
  process.seteuid!(65_534);
  try {
    return await work();
  } finally {
    process.seteuid!(0);
  }
}

async function messageOf(work: Promise<unknown>): Promise<string> {
  return await work.then(
    () => "no error",
    (error: Error) => error.message,
  );
}

it("says that a file of SQLite is not there yet, and what makes it", async () => {
  expect(await messageOf(databaseStatus(sqlite("none.db")))).toBe(
    `there is no SQLite file ${at("none.db")} yet; serve and database migrate create it`,
  );
});

it("says that the folder of a file has to be there", async () => {
  const message = await messageOf(migrateDatabase(sqlite("no/such.db"), silently));
  expect(message).toBe(
    `cannot use the SQLite file ${at("no/such.db")}: unable to open database file; its folder has to be there, and this program has to be allowed to write to both`,
  );
  const store = await openVersionStore(sqlite("no/such.db"));
  expect(store.status()).toMatchObject({ state: "away", message });
  await store.close();
});

it("says that a file is not a database", async () => {
  writeFileSync(at("text.db"), "This is a text, and no database of any kind.\n".repeat(100));
  const message = /cannot use the SQLite file .*: file is not a database; name another file/;
  expect(await messageOf(databaseStatus(sqlite("text.db")))).toMatch(message);
  expect(await messageOf(migrateDatabase(sqlite("text.db"), silently))).toMatch(message);
});

it("says that a file is read-only", async () => {
  const options = sqlite("read-only.db");
  await migrateDatabase(options, silently);
  chmodSync(at("read-only.db"), 0o444);
  chmodSync(folder, 0o555);
  onTestFinished(() => chmodSync(folder, 0o755));
  expect(await messageOf(asNobody(() => migrateDatabase(options, silently)))).toMatch(
    /cannot use the SQLite file .*read-only.db: .*; (it has to take writes from this program|its folder has to be there, and this program has to be allowed to write to both)$/,
  );
});

it.each(["postgres", "mysql"] as const)("says where no %s answers", async (kind) => {
  const message = await messageOf(databaseStatus(nowhere(kind, { password: "s3cret" })));
  expect(message).toMatch(
    /^cannot use the database records of (PostgreSQL|MySQL) at 127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1; is it running/,
  );
  // A name with several addresses fails with one error for all of them.
  expect(await messageOf(databaseStatus(nowhere(kind, { host: "localhost" })))).toMatch(/ECONNREFUSED/);
});

it("names a file of the password or of an authority that is not there", async () => {
  const missing = at("missing");
  const files = { passwordFile: missing };
  const expected = /ENOENT: no such file or directory, open '.*missing'; the files of DATABASE_PASSWORD_FILE, /;
  expect(await messageOf(databaseStatus(nowhere("mysql", files)))).toMatch(expected);
  const store = await openVersionStore(nowhere("mysql", files));
  expect(store.status()).toMatchObject({ state: "away", message: expect.stringMatching(expected) });
  await store.close();
});
