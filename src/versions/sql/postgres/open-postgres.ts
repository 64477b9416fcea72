import { VersionsError } from "../../versions-error.ts";
import type { Executor } from "../executor.ts";
import type { DatabaseServer, KnownServer } from "../open-server.ts";
import { plain } from "../statement.ts";
import { postgresDialect } from "./postgres-dialect.ts";
import { postgresExecutor } from "./postgres-executor.ts";

const oldestVersion = 13;

export const postgresServer: DatabaseServer = {
  connect: postgresExecutor,
  ask: askServer,
};

/** What differs between servers: the version, and the collation whose case rules ILIKE goes by. */
async function askServer(executor: Executor): Promise<KnownServer> {
  const sql = `select current_setting('server_version'), current_setting('server_version_num'), current_setting('server_encoding'),
    (select collname from pg_collation where collname in ('und-x-icu', 'C.utf8') order by collname desc limit 1)`;
  const [row] = await executor.all(plain(sql), undefined);
  const [version, number, encoding, collation] = row!.map((value) => (value === null ? undefined : String(value)));
  if (Number(number) < oldestVersion * 10_000) {
    throw unusable(`PostgreSQL ${version} is too old; version ${oldestVersion} or newer is needed`);
  }
  if (encoding !== "UTF8") throw unusable(`the database has the encoding ${encoding}; create it with encoding UTF8`);
  return { database: { kind: "postgres", version: version! }, dialect: postgresDialect(collation ?? "default") };
}

function unusable(message: string): VersionsError {
  return new VersionsError("DATABASE_UNAVAILABLE", message, { why: "schema", retryAfterMs: 30_000 });
}
