import { PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler, sql } from "kysely";
import { compilingBuilder } from "../builder.ts";
import type { ColumnType, Dialect, Insert } from "../dialect.ts";
import type { DatabaseFault, Session } from "../executor.ts";
import { slotsOf } from "../insert.ts";
import type { PropertyRow } from "../row.ts";
import { serverDialect } from "../server-dialect.ts";
import { bind, once, type SqlValue, type Statements, slot } from "../statement.ts";
import type { Table } from "../tables.ts";

const builder = compilingBuilder({
  createAdapter: () => new PostgresAdapter(),
  createIntrospector: (db) => new PostgresIntrospector(db),
  createQueryCompiler: () => new PostgresQueryCompiler(),
});

/** Identifies our migrations among the advisory locks of a database: the first letters of the tables, as a number. */
const migrationLockKey = 0x6b6d72;

/**
 * PostgreSQL. `foldCollation` is the collation whose case rules ILIKE goes by; a database that was made for plain ASCII
 * has none of its own.
 */
export function postgresDialect(foldCollation: string): Dialect {
  return {
    kind: "postgres",
    builder,
    ...serverDialect((text) => sql`lower(${text} collate ${sql.id(foldCollation)})`),
    after: (column, id, value, lastId, descending) =>
      descending
        ? sql<boolean>`(${column}, ${id}) < (${value}, ${lastId})`
        : sql<boolean>`(${column}, ${id}) > (${value}, ${lastId})`,
    // It takes an EXISTS for the same.
    leadingEqualities: "first",
    // A parameter takes the type of what it is compared with, and 1.5 is no id.
    number: (value) => (typeof value === "bigint" ? sql`cast(${value} as int8)` : sql`cast(${value} as float8)`),
    insert,
    insertProperties: async (session, statements, table, id, rows) => {
      if (rows.length === 0) return;
      const statement = statements.get(`insert ${table.properties}`, () =>
        insertProperties(table, sql`${slot("id")}::int8`),
      );
      await session.run(bind(statement, { id, ...propertyValues(rows) }));
    },
    afterImport: async (session, table) => {
      const name = sql.table(table.name);
      const last = sql`(select max(id) from ${name})`;
      const current = sql`nextval(pg_get_serial_sequence(${table.name}, 'id'))`;
      await session.all(
        once(
          builder.selectNoFrom(
            sql`setval(pg_get_serial_sequence(${table.name}, 'id'), greatest(${last}, ${current}))`.as("id"),
          ),
        ),
      );
    },
    faultOf: postgresFault,
    columnType,
    tableOptions: sql``,
    partialIndexes: true,
    // It takes keys and values for independent otherwise, and plans filters on properties for far too few rows.
    propertyStatistics: (table) =>
      (["string_value", "number_value"] as const).map(
        (column) =>
          sql`create statistics ${sql.id(`${table}_key_${column}`)} (mcv, dependencies) on key, ${sql.id(column)} from ${sql.table(table)}`,
      ),
    columnsOf: (table) => ({
      sql: "select column_name from information_schema.columns where table_schema = current_schema() and table_name = $1",
      values: [table],
      name: undefined,
    }),
    migrationLock: {
      kind: "transaction",
      locks: [
        // A migration may take longer than a statement of a request, and so may the wait for another process's.
        { sql: "set local statement_timeout = '10min'", values: [], name: undefined },
        { sql: "select pg_advisory_xact_lock($1)", values: [migrationLockKey], name: undefined },
      ],
    },
  };
}

function insertProperties(table: Table, id: ReturnType<typeof sql>) {
  const rows = sql`unnest(${slot("keys")}::text[], ${slot("types")}::int2[], ${slot("strings")}::text[], ${slot("longs")}::text[], ${slot("numbers")}::float8[])`;
  return sqlStatement(
    sql`insert into ${sql.table(table.properties)} (entity_id, key, type, string_value, long_value, number_value) select ${id}, p.* from ${rows} as p`,
  );
}

/** A statement that Kysely's builder has no words for. */
function sqlStatement(text: ReturnType<typeof sql>) {
  return { compile: () => text.compile(builder) };
}

/** A record and its properties by one statement, whatever their number. */
function insert(
  statements: Statements,
  table: Table,
  row: Readonly<Record<string, SqlValue>>,
  rows: readonly PropertyRow[],
): Insert {
  const withRows = rows.length > 0;
  const statement = statements.get(`insert ${table.name} ${"id" in row} ${withRows}`, () => {
    const record = builder.insertInto(table.name).values(slotsOf(row)).returning("id");
    if (!withRows) return record;
    const properties = sql`insert into ${sql.table(table.properties)} (entity_id, key, type, string_value, long_value, number_value)
      select record.id, p.* from record, unnest(${slot("keys")}::text[], ${slot("types")}::int2[], ${slot("strings")}::text[], ${slot("longs")}::text[], ${slot("numbers")}::float8[]) as p`;
    return sqlStatement(sql`with record as (${record}), properties as (${properties}) select id from record`);
  });
  return {
    statements: "one",
    run: async (session: Pick<Session, "all">) => {
      const values = { ...row, ...(withRows ? propertyValues(rows) : {}) };
      const [made] = await session.all(bind(statement, values));
      return String(made![0]);
    },
  };
}

/** Each column of the rows as one array, in the form that PostgreSQL writes arrays. */
function propertyValues(rows: readonly PropertyRow[]): Record<string, SqlValue> {
  const array = (values: readonly SqlValue[]) => `{${values.map(arrayItem).join()}}`;
  return {
    keys: array(rows.map(({ key }) => key)),
    types: array(rows.map(({ type }) => type)),
    strings: array(rows.map(({ string }) => string)),
    longs: array(rows.map(({ long }) => long)),
    numbers: array(rows.map(({ number }) => number)),
  };
}

function arrayItem(value: SqlValue): string {
  if (value === null) return "NULL";
  return typeof value === "string" ? `"${value.replace(/["\\]/g, "\\$&")}"` : String(value);
}

/** SQLSTATE codes, by https://www.postgresql.org/docs/current/errcodes-appendix.html */
const faults: Readonly<Record<string, DatabaseFault>> = {
  "23505": "unique",
  "23503": "foreign-key",
  "40001": "conflict",
  "40P01": "conflict",
  "55P03": "conflict",
  "57014": "timeout",
  "53100": "full",
  "25006": "read-only",
  "53300": "busy",
};

/** Of connections, of an administrator's shutdown, of a login, of a database that is not there; and of sockets and files. */
const unavailable = /^(08|57P|28|3D|E[A-Z]{3,}|ERR_|CERT_|UNABLE_|DEPTH_|SELF_|KMR_UNAVAILABLE)/;

/** Errors of the driver itself, which have no code. */
const driverErrors = /^(Connection terminated|Query read timeout|Client has encountered|timeout (expired|exceeded))/;

/** What an error of the driver or the server says. */
export function postgresFault(error: unknown): DatabaseFault | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, message } = error as { code?: unknown; message: string };
  if (typeof code !== "string") return driverErrors.test(message) ? "unavailable" : undefined;
  if (code === "KMR_BUSY") return "busy";
  return faults[code] ?? (unavailable.test(code) ? "unavailable" : undefined);
}

function columnType(type: ColumnType, limit: number) {
  switch (type) {
    case "id":
      return sql`bigint generated by default as identity primary key`;
    case "reference":
    case "int64":
    case "time":
      return sql`bigint`;
    case "small":
      return sql`smallint`;
    case "double":
      return sql`double precision`;
    default:
      // Names are equal only to the letter, and in the same order on every server.
      return limit <= 255 ? sql`${sql.raw(`varchar(${limit})`)} collate "C"` : sql`text collate "C"`;
  }
}
