import { Kysely, SqliteDialect, sql } from "kysely";
import { columnTypeOf } from "../column-type.ts";
import type { AnyDatabase, ColumnType, Condition, Dialect, Reference } from "../dialect.ts";
import type { DatabaseFault } from "../executor.ts";
import { insertsInSteps } from "../insert.ts";
import { globOfStart, globPattern, likeStart } from "../like.ts";
import { plain, unconnected } from "../statement.ts";

const builder = new Kysely<AnyDatabase>({ dialect: new SqliteDialect({ database: unconnected }) });

/** A statement has exceeded its time limit. */
export class TooLongError extends Error {}

const wholeNumbers: ReadonlySet<ColumnType> = new Set(["id", "reference", "int64"]);

/** SQLite has no case folding beyond ASCII: the connection gives it this function. */
export const foldFunction = "kmr_fold";
/** A function of the connection that is true until a statement has exceeded its time limit: SQLite itself has none. */
export const inTimeFunction = "kmr_in_time";
const inTime = sql<boolean>`${sql.raw(inTimeFunction)}()`;

/** SQLite, through `node:sqlite`. */
export const sqliteDialect: Dialect = {
  kind: "sqlite",
  builder,
  read: (column, type): Reference =>
    wholeNumbers.has(type) ? sql`cast(${sql.ref(column)} as text)` : sql`${sql.ref(column)}`,
  // With a row value, or a plain OR, the whole index would be read.
  after: (column, id, value, lastId, beyond) => {
    const is = sql.raw(beyond);
    return sql<boolean>`(${column} ${is}= ${value} and (${column} ${is} ${value} or ${id} ${is} ${lastId}))`;
  },
  // Without the plus sign it turns them into joins, and plans for longer than it would run.
  exists: (condition) => sql<boolean>`+${condition}`,
  // It has no statistics about values, but an index returns ids in order.
  equalities: "intersected",
  number: (value) => sql`${value}`,
  // Its own LIKE ignores the case of ASCII letters. A fixed start finds its rows by an index; everything else may take
  // a second for a text of a megabyte, and there may be many.
  like: (text, pattern) => {
    const { start, isAll } = likeStart(pattern);
    const begins = sql<boolean>`${text} glob ${globOfStart(start)}`;
    if (isAll) return begins;
    const fits = whileInTime(sql<boolean>`${text} glob ${globPattern(pattern)}`);
    return start === "" ? fits : sql<boolean>`(${begins} and ${fits})`;
  },
  // Arguments of functions are kept until the statement ends, and most texts are ASCII.
  ilike: (text, pattern) => {
    const folded = sql`case when length(${text}) = octet_length(${text}) then lower(${text}) else ${sql.raw(foldFunction)}(${text}) end`;
    return whileInTime(sql<boolean>`(${folded}) glob ${globPattern(pattern.toLowerCase())}`);
  },
  inTime,
  forUpdate: sql``,
  ...insertsInSteps(builder),
  // An autoincrement continues above the largest id that ever existed.
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
  // Its transactions begin as write transactions, of which there is only one at a time.
  migrationLock: { kind: "transaction", locks: [] },
};

/** Not by AND, whose sides SQLite may reorder. */
function whileInTime(condition: Condition): Condition {
  return sql<boolean>`(case when ${inTime} then ${condition} else 0 end)`;
}

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
  if (error instanceof TooLongError) return "timeout";
  const { errcode } = error as { errcode?: unknown };
  return typeof errcode === "number" ? (faults[errcode] ?? faults[errcode & 0xff]) : undefined;
}
