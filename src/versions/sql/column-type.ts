import { type RawBuilder, sql } from "kysely";
import type { Dialect } from "./dialect.ts";

/** The types of a database's columns; of a text by how many characters it may have. */
interface ColumnTypes {
  readonly id: string;
  readonly integer: string;
  readonly small: string;
  readonly double: string;
  readonly text: (characters: number) => string;
}

/** Chooses the type of a column. 64-bit integers share one type, and everything that is not a number is a text. */
export function columnTypeOf({ text, ...numbers }: ColumnTypes): Dialect["columnType"] {
  const { id, small, double, integer } = numbers;
  const types: Readonly<Record<string, string>> = {
    id,
    small,
    double,
    reference: integer,
    int64: integer,
    time: integer,
  };
  return (type, limit): RawBuilder<unknown> => sql.raw(types[type] ?? text(limit));
}
