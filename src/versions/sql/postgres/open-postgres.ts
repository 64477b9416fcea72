import type { ServerOptions } from "../../database-options.ts";
import { VersionsError } from "../../versions-error.ts";
import { migrate } from "../migrations/migrate.ts";
import { knownVersion } from "../migrations/migrations.ts";
import type { OpenStore } from "../opened-store.ts";
import { createSqlStore } from "../sql-store.ts";
import { postgresDialect } from "./postgres-dialect.ts";
import { PostgresExecutor } from "./postgres-executor.ts";

const oldestVersion = 13;
/** Long lists are read in batches this large. */
const batch = 500;

/** Connects to PostgreSQL. */
export function openPostgres(options: ServerOptions): OpenStore {
  return async (progress) => {
    const executor = new PostgresExecutor(options);
    try {
      const server = await askServer(executor);
      const dialect = postgresDialect(server.foldCollation);
      const { applied } = await migrate(executor, dialect, { progress });
      const database = { kind: "postgres", version: server.version };
      const status = () =>
        ({ state: "ready", database, schema: { applied, known: knownVersion }, message: "" }) as const;
      return { store: createSqlStore({ executor, dialect, status, batch }), database, schemaVersion: applied };
    } catch (error) {
      await executor.close();
      throw error;
    }
  };
}

/** What differs between servers. */
async function askServer(executor: PostgresExecutor): Promise<{ version: string; foldCollation: string }> {
  const sql = `select current_setting('server_version'), current_setting('server_version_num'), current_setting('server_encoding'),
    (select collname from pg_collation where collname in ('und-x-icu', 'C.utf8') order by collname desc limit 1)`;
  const [row] = await executor.all({ sql, values: [], name: undefined });
  const [version, number, encoding, collation] = row!.map((value) => (value === null ? undefined : String(value)));
  if (Number(number) < oldestVersion * 10_000) {
    throw unusable(`PostgreSQL ${version} is too old; version ${oldestVersion} or newer is needed`);
  }
  if (encoding !== "UTF8") throw unusable(`the database has the encoding ${encoding}; create it with encoding UTF8`);
  return { version: version!, foldCollation: collation ?? "default" };
}

function unusable(message: string): VersionsError {
  return new VersionsError("DATABASE_UNAVAILABLE", message, { why: "schema", retryAfterMs: 30_000 });
}
