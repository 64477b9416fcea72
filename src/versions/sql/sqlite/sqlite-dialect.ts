import { Kysely, SqliteDialect, sql } from "kysely";
import { columnTypeOf } from "../column-type.ts";
import type { AnyDatabase, ColumnType, Dialect, Reference } from "../dialect.ts";
import type { DatabaseFault } from "../executor.ts";
import { insertsInSteps } from "../insert.ts";
import { globPattern } from "../like.ts";
import { plain, unconnected } from "../statement.ts";

const builder = new Kysely<AnyDatabase>({ dialect: new SqliteDialect({ database: unconnected }) });

const wholeNumbers: ReadonlySet<ColumnType> = new Set(["id", "reference", "int64"]);

/** SQLite has no case folding beyond ASCII: the connection gives it this function. */
export const foldFunction = "kmr_fold";

/** SQLite, through `node:sqlite`. */
export const sqliteDialect: Dialect = {
  kind: "sqlite",
  builder,
  read: (column, type): Reference =>
    wholeNumbers.has(type) ? sql`cast(${sql.ref(column)} as text)` : sql`${sql.ref(column)}`,
  // With the row value or the plain OR the whole index is read.
  after: (column, id, value, lastId, beyond) => {
    const is = sql.raw(beyond);
    return sql<boolean>`(${column} ${is}= ${value} and (${column} ${is} ${value} or ${id} ${is} ${lastId}))`;
  },
  // Without the sign it makes joins of them, and thinks for longer than it would run.
  exists: (condition) => sql<boolean>`+${condition}`,
  // It knows nothing of how many rows a value has, but that an index gives their ids in order.
  equalities: "intersected",
  number: (value) => sql`${value}`,
  // Its own LIKE ignores the case of some letters.
  like: (text, pattern) => sql<boolean>`${text} glob ${globPattern(pattern)}`,
  ilike: (text, pattern) => sql<boolean>`${sql.raw(foldFunction)}(${text}) glob ${globPattern(pattern.toLowerCase())}`,
  forUpdate: sql``,
  ...insertsInSteps(builder),
  // An autoincrement goes on above the largest id that was ever there.
  afterImport: async () => {},
  faultOf,
  columnType: columnTypeOf({
    id: "integer primary key autoincrement",
    integer: "integer",
    small: "integer",
    double: "real",
    text: () => "text",
  }),
  tableOptions: sql``,
  partialIndexes: true,
  propertyStatistics: () => [],
  columnsOf: (table) => plain("select name from pragma_table_info(?)", table),
  // Its transactions begin as writes, of which there is one at a time.
  migrationLock: { kind: "transaction", locks: [] },
};

/** Result codes of SQLite, by https://sqlite.org/rescode.html */
const faults: Readonly<Record<number, DatabaseFault>> = {
  5: "conflict",
  6: "conflict",
  8: "read-only",
  10: "unavailable",
  11: "unavailable",
  13: "full",
  14: "unavailable",
  26: "unavailable",
  787: "foreign-key",
  1555: "unique",
  2067: "unique",
  2579: "unique",
};

function faultOf(error: unknown): DatabaseFault | undefined {
  const { errcode } = error as { errcode?: unknown };
  return typeof errcode === "number" ? (faults[errcode] ?? faults[errcode & 0xff]) : undefined;
}
