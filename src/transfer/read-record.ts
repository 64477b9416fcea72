import { isDeepStrictEqual } from "node:util";
import { recordOfBody } from "../api/versions/rest/record-body.ts";
import { checkedNew } from "../versions/check-record.ts";
import type { FieldValue } from "../versions/kinds/field.ts";
import { type KindName, kinds } from "../versions/kinds/kinds.ts";
import { propertiesToJson } from "../versions/property-value.ts";
import type { ImportedRecord, VersionRecord } from "../versions/record.ts";
import { invalid } from "../versions/versions-error.ts";
import type { WireRecord } from "./record-source.ts";

/**
 * A record as another registry writes it, with its id and its times, checked by its kind. Fields that are not known here
 * are passed over.
 *
 * @throws VersionsError INVALID
 */
export function importedRecord(kind: KindName, wire: WireRecord): ImportedRecord {
  const body = { ...wire, customProperties: mendedProperties(wire.customProperties) };
  const record = checkedNew(kind, recordOfBody(kind, body, { fields: "whole", ignoresUnknown: true }));
  const createTime = timeOf(wire, "createTimeSinceEpoch");
  const updateTime =
    wire.lastUpdateTimeSinceEpoch === undefined ? createTime : timeOf(wire, "lastUpdateTimeSinceEpoch");
  return { ...record, kind, id: String(wire.id), createTime, updateTime };
}

/** Whether a stored record is the imported one to the last value. */
export function isSame(given: ImportedRecord, stored: VersionRecord): boolean {
  return (
    given.kind === stored.kind &&
    given.createTime === stored.createTime &&
    given.updateTime === stored.updateTime &&
    given.fields.name === stored.name &&
    propertiesToJson(given.properties ?? {}) === stored.properties &&
    kinds[given.kind].fields.every(
      ({ name, type }) => name === "name" || isSameValue(given.fields[name], stored.fields[name], type === "json"),
    )
  );
}

function isSameValue(a: FieldValue | undefined, b: FieldValue | undefined, isJson: boolean): boolean {
  if (!isJson || a === undefined || b === undefined) return isDeepStrictEqual(a, b);
  // A database may write the keys of JSON in an order of its own.
  return isDeepStrictEqual(JSON.parse(a as string), JSON.parse(b as string));
}

/** Kubeflow's server takes a struct as base64 and gives it back as the JSON underneath. */
function mendedProperties(properties: unknown): unknown {
  if (typeof properties !== "object" || properties === null) return properties;
  return Object.fromEntries(
    Object.entries(properties).map(([key, value]) => {
      const { metadataType, struct_value: text } = (value ?? {}) as Record<string, unknown>;
      const isPlain = metadataType === "MetadataStructValue" && typeof text === "string" && text.trim().startsWith("{");
      return [key, isPlain ? { metadataType, struct_value: Buffer.from(text).toString("base64") } : value];
    }),
  );
}

function timeOf(wire: WireRecord, field: string): number {
  const value = wire[field];
  if (typeof value === "string" && /^\d{1,15}$/.test(value)) return Number(value);
  const description = `expected milliseconds since 1970 as a string; found ${JSON.stringify(value)?.slice(0, 40)}`;
  throw invalid(undefined, { field, problem: "value", description });
}
