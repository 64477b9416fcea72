import { type RawBuilder, sql } from "kysely";
import type { Session } from "../executor.ts";
import type { PropertyRow } from "../row.ts";
import { bind, type SqlValue, type Statements, slot } from "../statement.ts";
import type { Table } from "../tables.ts";
import { sqlStatement } from "./builder.ts";

/** Rows of properties of any number, from a slot for each column that holds all of its values. */
export function unnestedProperties(prefix = ""): RawBuilder<unknown> {
  const of = (name: string) => slot(`${prefix}${name}`);
  return sql`unnest(${of("keys")}::text[], ${of("types")}::int2[], ${of("strings")}::text[], ${of("longs")}::text[], ${of("numbers")}::float8[])`;
}

/** Inserts the rows of properties of the record whose id `source` selects. */
export function propertiesOf(table: Table, source: RawBuilder<unknown>, prefix = ""): RawBuilder<unknown> {
  return sql`insert into ${sql.table(table.properties)} (entity_id, key, type, string_value, long_value, number_value)
      select record.id, p.* from ${source} as record, ${unnestedProperties(prefix)} as p`;
}

/** The values of those slots. */
export function propertyArrays(rows: readonly PropertyRow[], prefix = ""): Record<string, SqlValue> {
  return {
    [`${prefix}keys`]: arrayOf(rows.map(({ key }) => key)),
    [`${prefix}types`]: arrayOf(rows.map(({ type }) => type)),
    [`${prefix}strings`]: arrayOf(rows.map(({ string }) => string)),
    [`${prefix}longs`]: arrayOf(rows.map(({ long }) => long)),
    [`${prefix}numbers`]: arrayOf(rows.map(({ number }) => number)),
  };
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
