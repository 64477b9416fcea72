import { charsOfTexts } from "../../base/chars-of-texts.ts";
import { pieceChars } from "../../base/text-pieces.ts";
import type { Field, FieldValue } from "../kinds/field.ts";
import { type KindName, kindOfArtifactType, kinds } from "../kinds/kinds.ts";
import { type Properties, type PropertyValue, propertiesToJson } from "../property-value.ts";
import type { NewRecord, VersionRecord } from "../record.ts";
import { type JsonStyle, openedPieces, openingJson, valueToJson } from "../record-json.ts";
import type { Row } from "./executor.ts";
import type { SqlValue } from "./statement.ts";
import type { Column, Table } from "./tables.ts";

/** The columns that are read from every table, before those of its fields. */
export const fixedColumns = ["id", "name", "create_time", "update_time", "revision", "properties"] as const;

/** The columns that a read takes, in the order that `recordFromRow` expects. */
export function readColumns(table: Table): readonly string[] {
  return [...fixedColumns, ...(table.shared ? ["artifact_type"] : []), ...table.columns.map(({ name }) => name)];
}

interface ReadField {
  readonly index: number;
  readonly field: Field;
  readonly read: (value: SqlValue) => FieldValue;
}

const readers = new Map<KindName, readonly ReadField[]>();

/** The positions of a kind's fields in a row, and how they are read. */
function readersOf(kind: KindName, table: Table): readonly ReadField[] {
  let fields = readers.get(kind);
  if (fields === undefined) {
    const start = fixedColumns.length + (table.shared ? 1 : 0);
    const byColumn = new Map(kinds[kind].fields.map((field) => [field.column, field]));
    fields = table.columns.flatMap(({ name }, i) => {
      const field = byColumn.get(name);
      return field === undefined ? [] : [{ index: start + i, field, read: readerOf(field.type) }];
    });
    readers.set(kind, fields);
  }
  return fields;
}

function readerOf(type: Column["type"]): ReadField["read"] {
  if (type === "strings") return (value) => JSON.parse(value as string) as string[];
  if (type === "double") return Number;
  return String;
}

/** The kind of the record that a row holds. */
function kindOfRow(table: Table, row: Row): KindName {
  return table.shared ? kindOfArtifactType(row[fixedColumns.length] as string)! : table.kinds[0]!;
}

/** The record that a row holds. */
export function recordFromRow(table: Table, row: Row): VersionRecord {
  const kind = kindOfRow(table, row);
  const fields: Record<string, FieldValue> = {};
  for (const { index, field, read } of readersOf(kind, table)) {
    const value = row[index];
    if (value !== null && value !== undefined) fields[field.name] = read(value);
  }
  return {
    kind,
    id: String(row[0]),
    name: row[1] as string,
    createTime: Number(row[2]),
    updateTime: Number(row[3]),
    revision: Number(row[4]),
    properties: row[5] as string,
    fields,
  };
}

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

/** The same text in pieces, as `recordToJsonPieces` has them. */
export function* rowToJsonPieces(table: Table, row: Row, style: JsonStyle): Generator<string> {
  if (charsOfTexts(row) <= pieceChars) {
    yield rowToJson(table, row, style);
    return;
  }
  const kind = kindOfRow(table, row);
  const [id, name, createTime, updateTime, , properties] = row;
  const opening = openingJson(kinds[kind], id, name as string, createTime, updateTime, properties as string);
  yield* openedPieces(opening, fieldsOfRow(kind, table, row), style);
}

function* fieldsOfRow(kind: KindName, table: Table, row: Row): Generator<readonly [Field, FieldValue]> {
  for (const { index, field, read } of readersOf(kind, table)) {
    const value = row[index];
    if (value !== null && value !== undefined) yield [field, read(value)];
  }
}

/** The value of a field in its column. */
export function columnValue(value: FieldValue | null | undefined): SqlValue {
  if (value === undefined || value === null) return null;
  return typeof value === "object" ? JSON.stringify(value) : value;
}

/** The values of all columns of a record but its id, by column. */
export function rowFromRecord(
  kind: KindName,
  table: Table,
  record: NewRecord,
  times: { readonly createTime: number; readonly updateTime: number },
): Record<string, SqlValue> {
  const row: Record<string, SqlValue> = {
    name: record.fields.name as string,
    create_time: String(times.createTime),
    update_time: String(times.updateTime),
    properties: propertiesToJson(record.properties ?? {}),
  };
  if (table.shared) row.artifact_type = kinds[kind].artifactType!;
  for (const { name } of table.columns) row[name] = null;
  for (const field of kinds[kind].fields) {
    if (field.name === "name" || field.serverMade) continue;
    row[field.column] = columnValue(record.fields[field.name]);
  }
  return row;
}

/** The numbers of property types in rows. Structs and protos are only in the JSON: filters do not find them. */
export const propertyTypes = { string: 1, int: 2, double: 3, bool: 4 } as const;

/** How many characters of a string an index has in every database; longer strings are also stored in full. */
export const indexedCharacters = 255;

/** A property as filters look for it, by column. */
export interface PropertyRow {
  readonly key: string;
  readonly type: number;
  /** The first characters of a string. */
  readonly string_value: string | null;
  /** The whole string where it is longer. */
  readonly long_value: string | null;
  /** A number, or 1 and 0 for true and false. */
  readonly number_value: number | null;
}

export const propertyColumns = ["key", "type", "string_value", "long_value", "number_value"] as const;

/** The rows that filters find properties by. */
export function propertyRows(properties: Properties): PropertyRow[] {
  return Object.entries(properties).flatMap(([key, value]) => propertyRow(key, value) ?? []);
}

function propertyRow(key: string, value: PropertyValue): PropertyRow | undefined {
  const none = { key, string_value: null, long_value: null, number_value: null };
  switch (value.metadataType) {
    case "MetadataStringValue":
      return { ...none, type: propertyTypes.string, ...splitString(value.string_value) };
    case "MetadataIntValue":
      return { ...none, type: propertyTypes.int, number_value: Number(value.int_value) };
    case "MetadataDoubleValue":
      return { ...none, type: propertyTypes.double, number_value: value.double_value };
    case "MetadataBoolValue":
      return { ...none, type: propertyTypes.bool, number_value: value.bool_value ? 1 : 0 };
    default:
      return undefined;
  }
}

/** A string as the two columns hold it. */
export function splitString(text: string): { readonly string_value: string; readonly long_value: string | null } {
  if (text.length <= indexedCharacters) return { string_value: text, long_value: null };
  const start = [...text.slice(0, 2 * indexedCharacters)].slice(0, indexedCharacters).join("");
  return { string_value: start, long_value: start === text ? null : text };
}
