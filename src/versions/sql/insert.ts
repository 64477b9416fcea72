import type { Dialect, Insert } from "./dialect.ts";
import type { Session } from "./executor.ts";
import { type PropertyRow, propertyColumns } from "./row.ts";
import { bind, type SqlValue, type Statements, slot } from "./statement.ts";
import type { Table } from "./tables.ts";

type Builder = Dialect["builder"];

/** How many rows of properties one statement inserts at most. A statement is compiled for each number of rows. */
const maxRows = 32;

/** Inserting for databases that run one statement after the other. */
export function insertsInSteps(builder: Builder): Pick<Dialect, "insert" | "insertProperties"> {
  return {
    insert: (...what) => insertInSteps(builder, ...what),
    insertProperties: (...what) => insertPropertiesInSteps(builder, ...what),
  };
}

/** Inserts a record by one statement and its properties by others. */
function insertInSteps(
  builder: Builder,
  statements: Statements,
  table: Table,
  row: Readonly<Record<string, SqlValue>>,
  rows: readonly PropertyRow[],
): Insert {
  return {
    statements: "several",
    run: async (session) => {
      const insert = statements.get(`insert ${table.name} ${"id" in row}`, () =>
        builder.insertInto(table.name).values(slotsOf(row)),
      );
      const lastId = await session.run!(bind(insert, row));
      const id = "id" in row ? (row.id as string) : lastId;
      await insertPropertiesInSteps(builder, session as Session, statements, table, id, rows);
      return id;
    },
  };
}

async function insertPropertiesInSteps(
  builder: Builder,
  session: Session,
  statements: Statements,
  table: Table,
  id: string,
  rows: readonly PropertyRow[],
): Promise<void> {
  for (let start = 0; start < rows.length; start += maxRows) {
    const part = rows.slice(start, start + maxRows);
    const insert = statements.get(`insert ${table.properties} ${part.length}`, () =>
      builder
        .insertInto(table.properties)
        .values(part.map((row, i) => ({ entity_id: slot("id"), ...slotsOf(row, `${i}.`) }))),
    );
    const values: Record<string, SqlValue> = { id };
    for (const [i, row] of part.entries()) {
      for (const column of propertyColumns) values[`${i}.${column}`] = row[column];
    }
    await session.run(bind(insert, values));
  }
}

/** A slot for each column, named after it. */
export function slotsOf(row: object, prefix = ""): Record<string, SqlValue> {
  return Object.fromEntries(Object.keys(row).map((column) => [column, slot(`${prefix}${column}`)]));
}
