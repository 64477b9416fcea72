import type { Field, FieldValue } from "../../../versions/kinds/field.ts";
import { kinds } from "../../../versions/kinds/kinds.ts";
import type { VersionRecord } from "../../../versions/record.ts";
import type { Flavour } from "./flavour.ts";

/**
 * A record as JSON text. It is written by hand: the properties and the declarations are JSON text already, and reading
 * them only to write them again is what a page of a list would cost most.
 */
export function recordToJson(record: VersionRecord, { isAlpha }: Flavour): string {
  const { artifactType, byName } = kinds[record.kind];
  let json =
    `{"customProperties":${record.properties},"name":${JSON.stringify(record.name)},"id":"${record.id}",` +
    `"createTimeSinceEpoch":"${record.createTime}","lastUpdateTimeSinceEpoch":"${record.updateTime}"`;
  if (artifactType !== undefined) json += `,"artifactType":"${artifactType}"`;
  // Most fields of most records are not set: to look for each of its kind would take longer than to write those that are.
  for (const name in record.fields) {
    const value = record.fields[name];
    if (value !== undefined) json += `,"${name}":${valueToJson(byName.get(name)!, value, isAlpha)}`;
  }
  return `${json}}`;
}

function valueToJson({ name, type }: Field, value: FieldValue, isAlpha: boolean): string {
  if (type === "json") return value as string;
  // A word of a list, or a number: nothing in it has to be escaped.
  if (type === "enum" || type === "reference") return `"${value}"`;
  // An int64 is a string everywhere, but for the steps of the alpha version.
  if (type === "int64" && name === "step" && isAlpha) return value as string;
  return JSON.stringify(value);
}
