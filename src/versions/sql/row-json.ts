import { kinds } from "../kinds/kinds.ts";
import { type JsonStyle, openingJson, valueToJson } from "../record-json.ts";
import type { Row } from "./executor.ts";
import { kindOfRow, readersOf } from "./row.ts";
import type { Table } from "./tables.ts";

/** The JSON text of the record that a row holds, as `recordToJson` writes it. */
export function rowToJson(table: Table, row: Row, style: JsonStyle): string {
  const kind = kindOfRow(table, row);
  const [id, name, createTime, updateTime, , properties] = row;
  let json = openingJson(kinds[kind], id, name as string, createTime, updateTime, properties as string);
  for (const { index, field, read } of readersOf(kind, table)) {
    const value = row[index];
    if (value !== null && value !== undefined) json += `,"${field.name}":${valueToJson(field, read(value), style)}`;
  }
  return `${json}}`;
}
