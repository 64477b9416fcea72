import { Kysely, MysqlDialect, sql } from "kysely";
import { columnTypeOf } from "../column-type.ts";
import type { AnyDatabase, Dialect, MigrationStep } from "../dialect.ts";
import type { DatabaseFault } from "../executor.ts";
import { insertsInSteps } from "../insert.ts";
import { serverDialect } from "../server-dialect.ts";
import { plain, type Query, unconnected } from "../statement.ts";

const builder = new Kysely<AnyDatabase>({ dialect: new MysqlDialect({ pool: unconnected }) });

/** Collations that compare texts exactly, including trailing spaces. Each server knows only its own. */
const collations = { mariadb: "utf8mb4_nopad_bin", mysql: "utf8mb4_0900_bin" } as const;

/** How long a start waits for another process that migrates; shorter than what a statement may take. */
const lockTimeoutSeconds = 20;

export type MysqlFlavor = keyof typeof collations;

/** MySQL and MariaDB. */
export function mysqlDialect(flavor: MysqlFlavor): Dialect {
  return {
    kind: "mysql",
    builder,
    ...serverDialect((text) => sql`lower(${text})`),
    // With a row value comparison the whole table would be read.
    after: (column, id, value, lastId, beyond) => {
      const is = sql.raw(beyond);
      return sql<boolean>`(${column} ${is} ${value} or (${column} = ${value} and ${id} ${is} ${lastId}))`;
    },
    // It estimates the rows of each from the index, and begins with the fewest; an EXISTS would run for each row.
    equalities: "joined",
    number: (value) => (typeof value === "bigint" ? sql`cast(${value} as signed)` : sql`cast(${value} as double)`),
    ...insertsInSteps(builder),
    // An explicit id advances the counter.
    afterImport: async () => {},
    faultOf: mysqlFault,
    columnType: columnTypeOf({
      id: "bigint not null auto_increment primary key",
      integer: "bigint",
      small: "smallint",
      double: "double",
      text: textType,
    }),
    tableOptions: sql`engine = InnoDB default charset = utf8mb4 collate = ${sql.raw(collations[flavor])}`,
    partialIndexes: false,
    propertyStatistics: () => [],
    columnsOf: (table) =>
      plain(
        "select column_name from information_schema.columns where table_schema = database() and table_name = ?",
        table,
      ),
    // DDL commits implicitly.
    migrationLock: {
      kind: "journal",
      lock: plain("select get_lock(concat('kmr_', md5(database())), ?)", lockTimeoutSeconds),
      unlock: plain("select release_lock(concat('kmr_', md5(database())))"),
      exists,
    },
  };
}

function exists({ table, part }: MigrationStep): Query {
  const of = (view: string, column: string) =>
    `select 1 from information_schema.${view} where table_schema = database() and table_name = ?${column === "" ? "" : ` and ${column} = ?`} limit 1`;
  if (part === undefined) return plain(of("tables", ""), table);
  return part.type === "index"
    ? plain(of("statistics", "index_name"), table, part.name)
    : plain(of("columns", "column_name"), table, part.name);
}

/** Numbers of errors, by https://mariadb.com/kb/en/mariadb-error-code-reference/ and MySQL's own list. */
const faults: Readonly<Record<number, DatabaseFault>> = {
  1062: "unique",
  1451: "foreign-key",
  1452: "foreign-key",
  1020: "conflict",
  1205: "conflict",
  1213: "conflict",
  1317: "timeout",
  1969: "timeout",
  3024: "timeout",
  1021: "full",
  1114: "full",
  1290: "read-only",
  1792: "read-only",
  1836: "read-only",
  1040: "busy",
  1203: "busy",
  1226: "busy",
  // Errors of the login, the database, a shutdown, and ended connections.
  1044: "unavailable",
  1045: "unavailable",
  1049: "unavailable",
  1053: "unavailable",
  1927: "unavailable",
  2006: "unavailable",
  2013: "unavailable",
};

/** What an error of the driver or the server says. */
export function mysqlFault(error: unknown): DatabaseFault | undefined {
  const { errno, code, fatal } = error as { errno?: unknown; code?: unknown; fatal?: unknown };
  if (code === "KMR_BUSY") return "busy";
  if (typeof errno === "number" && faults[errno] !== undefined) return faults[errno];
  if (fatal === true) return "unavailable";
  const unavailable = /^(PROTOCOL_|HANDSHAKE_|AUTH_|E[A-Z]{4,}$|ERR_|CERT_|UNABLE_|DEPTH_|SELF_|KMR_UNAVAILABLE)/;
  return typeof code === "string" && unavailable.test(code) ? "unavailable" : undefined;
}

function textType(characters: number): string {
  if (characters <= 255) return `varchar(${characters})`;
  // Sizes are in bytes, of which a character has four at most.
  const bytes = 4 * characters;
  return bytes < 2 ** 16 ? "text" : bytes < 2 ** 24 ? "mediumtext" : "longtext";
}
