import { sql } from "kysely";
import type { Insert } from "../dialect.ts";
import type { Session } from "../executor.ts";
import { slotsOf } from "../insert.ts";
import type { PropertyRow } from "../row.ts";
import { bind, type SqlValue, type Statements } from "../statement.ts";
import type { Table } from "../tables.ts";
import { builder, sqlStatement } from "./builder.ts";
import { propertiesOf, propertyArrays } from "./property-arrays.ts";

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
