import { jsonStringPieces, pieceChars, textPieces } from "../base/text-pieces.ts";
import type { Field, FieldValue } from "./kinds/field.ts";
import type { Kind } from "./kinds/kind.ts";
import { kinds } from "./kinds/kinds.ts";
import { charsOf, type VersionRecord } from "./record.ts";

/** For which version of the REST surface a record is written. */
export interface JsonStyle {
  /** Whether the value `step` of metrics is a JSON number. */
  readonly isAlpha: boolean;
}

/**
 * A record as JSON text, without a serializer: properties and declarations are JSON text already, and parsing them only
 * to write them again would be most of the cost of a page.
 */
export function recordToJson(record: VersionRecord, style: JsonStyle): string {
  const { kind, id, name, createTime, updateTime, properties, fields } = record;
  const { byName } = kinds[kind];
  let json = openingJson(kinds[kind], id, name, createTime, updateTime, properties);
  // Most fields of most records are not set: checking each field of the kind would take longer than writing those that
  // are.
  for (const field in fields) {
    const value = fields[field];
    if (value !== undefined) json += `,"${field}":${valueToJson(byName.get(field)!, value, style)}`;
  }
  return `${json}}`;
}

/** The same text in pieces, as `text-pieces.ts` has them: a record may have megabytes. */
export function* recordToJsonPieces(record: VersionRecord, style: JsonStyle): Generator<string> {
  if (charsOf(record) <= pieceChars) {
    yield recordToJson(record, style);
    return;
  }
  const { kind, id, name, createTime, updateTime, properties, fields } = record;
  const { byName } = kinds[kind];
  const set = Object.entries(fields).map(([field, value]) => [byName.get(field)!, value] as const);
  yield* openedPieces(openingJson(kinds[kind], id, name, createTime, updateTime, properties), set, style);
}

/** A text in pieces, followed by the fields that are set. */
export function* openedPieces(
  opening: string,
  fields: Iterable<readonly [field: Field, value: FieldValue]>,
  style: JsonStyle,
): Generator<string> {
  let json = opening;
  for (const [field, value] of fields) {
    json += `,"${field.name}":`;
    if (field.type === "json" || typeof value !== "string" || value.length <= pieceChars) {
      json += valueToJson(field, value, style);
    } else {
      yield* textPieces(json);
      yield* jsonStringPieces(value);
      json = "";
    }
  }
  yield* textPieces(`${json}}`);
}

/** The beginning of the text of every record. Times and id are decimal numbers, properties are JSON text. */
export function openingJson(
  { artifactType }: Pick<Kind, "artifactType">,
  id: unknown,
  name: string,
  createTime: unknown,
  updateTime: unknown,
  properties: string,
): string {
  const json =
    `{"customProperties":${properties},"name":${JSON.stringify(name)},"id":"${id}",` +
    `"createTimeSinceEpoch":"${createTime}","lastUpdateTimeSinceEpoch":"${updateTime}"`;
  return artifactType === undefined ? json : `${json},"artifactType":"${artifactType}"`;
}

/** The value of a field. */
export function valueToJson({ name, type }: Field, value: FieldValue, { isAlpha }: JsonStyle): string {
  if (type === "json") return value as string;
  // A word of a fixed list, or a number: nothing has to be escaped.
  if (type === "enum" || type === "reference") return `"${value}"`;
  // An int64 is a string everywhere, but for the steps of the alpha version.
  if (type === "int64" && name === "step" && isAlpha) return value as string;
  return JSON.stringify(value);
}
