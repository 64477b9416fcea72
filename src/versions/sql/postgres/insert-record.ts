import { type RawBuilder, sql } from "kysely";
import type { Insert } from "../dialect.ts";
import type { Session } from "../executor.ts";
import { slotsOf } from "../insert.ts";
import { type PropertyRow, propertyColumns } from "../row.ts";
import { bind, type SqlValue, type Statements, slot } from "../statement.ts";
import type { Table } from "../tables.ts";
import { builder, sqlStatement } from "./builder.ts";

/** A record and its properties by one statement, whatever their number. */
export function insertRecord(
  statements: Statements,
  table: Table,
  row: Readonly<Record<string, SqlValue>>,
  rows: readonly PropertyRow[],
): Insert {
  const withRows = rows.length > 0;
  const statement = statements.get(`insert ${table.name} ${"id" in row} ${withRows}`, () => {
    const record = builder.insertInto(table.name).values(slotsOf(row)).returning("id");
    if (!withRows) return record;
    const properties = propertiesOf(table, sql`record`);
    return sqlStatement(sql`with record as (${record}), properties as (${properties}) select id from record`);
  });
  return {
    statements: "one",
    run: async (session: Pick<Session, "all">) => {
      const values = { ...row, ...(withRows ? propertyArrays(rows) : {}) };
      const [made] = await session.all(bind(statement, values));
      return String(made![0]);
    },
  };
}

const arrayTypes = {
  key: "text[]",
  type: "int2[]",
  string_value: "text[]",
  long_value: "text[]",
  number_value: "float8[]",
} as const;

/** Any number of rows of properties, from one parameter for each column that contains all of its values. */
export function unnestedProperties(prefix = ""): RawBuilder<unknown> {
  const arrays = propertyColumns.map((column) => {
    return sql`${slot(`${prefix}property.${column}`)}::${sql.raw(arrayTypes[column])}`;
  });
  return sql`unnest(${sql.join(arrays)})`;
}

/** Inserts the rows of properties of the record whose id `source` selects. */
export function propertiesOf(table: Table, source: RawBuilder<unknown>, prefix = ""): RawBuilder<unknown> {
  return sql`insert into ${sql.table(table.properties)} (entity_id, key, type, string_value, long_value, number_value)
      select record.id, p.* from ${source} as record, ${unnestedProperties(prefix)} as p`;
}

/** The values of those slots. */
export function propertyArrays(rows: readonly PropertyRow[], prefix = ""): Record<string, SqlValue> {
  return Object.fromEntries(
    propertyColumns.map((column) => [`${prefix}property.${column}`, arrayOf(rows.map((row) => row[column]))]),
  );
}

/** An array in the form that PostgreSQL writes it. */
export function arrayOf(values: readonly SqlValue[]): string {
  return `{${values.map(arrayItem).join()}}`;
}

function arrayItem(value: SqlValue): string {
  if (value === null) return "NULL";
  return typeof value === "string" ? `"${value.replace(/["\\]/g, "\\$&")}"` : String(value);
}

/** Inserts the properties of a record that is there, by one statement. */
export async function insertProperties(
  session: Session,
  statements: Statements,
  table: Table,
  id: string,
  rows: readonly PropertyRow[],
): Promise<void> {
  if (rows.length === 0) return;
  const statement = statements.get(`insert ${table.properties}`, () =>
    sqlStatement(propertiesOf(table, sql`(select ${slot("id")}::int8 as id)`)),
  );
  await session.run(bind(statement, { id, ...propertyArrays(rows) }));
}
