import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Registration, VersionStore } from "../../src/versions/ports.ts";
import type { Executor, Row } from "../../src/versions/sql/executor.ts";
import { migrate } from "../../src/versions/sql/migrations/migrate.ts";
import { createSqlStore } from "../../src/versions/sql/sql-store.ts";
import { sqliteDialect } from "../../src/versions/sql/sqlite/sqlite-dialect.ts";
import { SqliteExecutor } from "../../src/versions/sql/sqlite/sqlite-executor.ts";
import { plain } from "../../src/versions/sql/statement.ts";

/** A database in memory one of whose transactions can be given the reads of the one before, as if it had begun with it. */
function racingExecutor(sqlite: SqliteExecutor): Executor & { repeatReads(): void } {
  let seen: (readonly Row[])[] = [];
  let stale: (readonly Row[])[] = [];
  return {
    all: (query) => sqlite.all(query),
    page: (query, maxChars) => sqlite.page(query, maxChars),
    connection: (work) => sqlite.connection(work),
    close: () => sqlite.close(),
    transaction: (work) => {
      const reads = stale;
      [seen, stale] = [[], []];
      return sqlite.transaction(({ all, run }) => {
        return work({
          run,
          all: async (query) => {
            const rows = reads.shift() ?? (await all(query));
            seen.push(rows);
            return rows;
          },
        });
      });
    },
    repeatReads: () => {
      stale = seen;
    },
  };
}

function registration(version: string): Registration {
  return { model: { fields: { name: "disk" } }, version: { fields: { name: version } }, artifacts: [] };
}

describe("a record that others delete between the look-up and the write of a call", () => {
  const sqlite = new SqliteExecutor(":memory:");
  const executor = racingExecutor(sqlite);
  let store: VersionStore;
  beforeEach(async () => {
    await migrate(sqlite, sqliteDialect);
    store = createSqlStore({ executor, dialect: sqliteDialect, status: () => ({}) as never, batch: 10 });
  });
  afterEach(() => remove("kmr_alias", "kmr_model_version", "kmr_registered_model"));

  async function remove(...tables: readonly string[]): Promise<void> {
    for (const table of tables) await sqlite.all(plain(`delete from ${table}`));
  }

  it("is a model that a version is registered of: it is made again", async () => {
    await store.registerVersion(registration("1"));
    const { model } = await store.registerVersion(registration("2"));
    executor.repeatReads();
    await remove("kmr_model_version", "kmr_registered_model");
    const again = await store.registerVersion(registration("3"));
    expect(again).toMatchObject({ created: true, model: { name: "disk" }, version: { name: "3" } });
    expect(again.model.id).not.toBe(model.id);
  });

  it("is a version that an alias is set to: the alias is refused, for it is not there", async () => {
    const { model, version } = await store.registerVersion(registration("1"));
    const target = { registeredModelId: model.id, modelVersionId: version.id };
    await store.setAlias({ ...target, alias: "champion" });
    executor.repeatReads();
    await remove("kmr_alias", "kmr_model_version");
    await expect(store.setAlias({ ...target, alias: "best" })).rejects.toMatchObject({
      reason: "NOT_FOUND",
      data: { kind: "modelVersion", key: { id: version.id } },
    });
  });
});
