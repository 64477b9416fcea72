import type { Field, FieldValue } from "../../../versions/kinds/field.ts";
import { artifactKinds, type KindName, kindOfArtifactType, kinds } from "../../../versions/kinds/kinds.ts";
import { type Properties, propertyKeys } from "../../../versions/property-value.ts";
import type { NewRecord, RecordChanges } from "../../../versions/record.ts";
import { declarationText } from "../declaration-message.ts";
import { assertId, badBody, type JsonObject, typeOf } from "./read-object.ts";

/** Which fields a body may have. */
export interface BodyRule {
  /** `create`: what a caller gives. `update`: what can be changed. `whole`: also what the server makes, which is passed over. */
  readonly fields: "create" | "update" | "whole";
  /** Whether fields that are not known are passed over: in bodies that may be of several kinds they are. */
  readonly ignoresUnknown: boolean;
}

/** A body as a new record, or as the changes of one. Throws VersionsError INVALID. */
export function recordOfBody(kind: KindName, body: JsonObject, rule: BodyRule): NewRecord {
  const { byName, artifactType } = kinds[kind];
  const fields: Record<string, FieldValue> = {};
  let properties: Properties | undefined;
  for (const [name, value] of Object.entries(body)) {
    if (name === "customProperties") {
      if (value !== null) properties = propertiesOf(value);
      continue;
    }
    if (name === "artifactType" && artifactType !== undefined) {
      checkArtifactType(value, artifactType);
      continue;
    }
    const field = byName.get(name);
    if (field === undefined || !isTaken(field, rule.fields)) {
      if (rule.ignoresUnknown) continue;
      throw badBody(name, `json: unknown field ${JSON.stringify(name.slice(0, 80))}`, "unknown");
    }
    if (field.serverMade || value === null || isEmptyKey(field, value)) continue;
    fields[name] = fieldValueOf(field, value);
  }
  return { fields, ...(properties === undefined ? {} : { properties }) };
}

/** A body as the changes of a record: what is absent or null stays as it is. Throws VersionsError INVALID. */
export function changesOfBody(kind: KindName, body: JsonObject, ignoresUnknown: boolean): RecordChanges {
  return recordOfBody(kind, body, { fields: "update", ignoresUnknown });
}

/** Which sort of artifact a body says that it is. Throws VersionsError INVALID. */
export function artifactKindOf({ artifactType }: JsonObject): KindName {
  const kind = typeof artifactType === "string" ? kindOfArtifactType(artifactType) : undefined;
  if (kind !== undefined) return kind;
  const known = artifactKinds.map((one) => kinds[one].artifactType).join(", ");
  const found = artifactType === undefined ? "it is missing" : `found ${JSON.stringify(artifactType)?.slice(0, 80)}`;
  throw badBody("artifactType", `artifactType: expected one of ${known}; ${found}`);
}

function isTaken(field: Field, fields: BodyRule["fields"]): boolean {
  if (fields === "whole") return true;
  return fields === "create" ? !field.serverMade : field.mutable;
}

/** A name, an external id and a reference that are empty count as left out, as with the server that clients know. */
function isEmptyKey({ name, type }: Field, value: unknown): boolean {
  return value === "" && (name === "name" || name === "externalId" || type === "reference");
}

function checkArtifactType(value: unknown, expected: string): void {
  if (value === expected || value === null) return;
  throw badBody(
    "artifactType",
    `cannot change artifact type from '${expected}' to '${String(value).slice(0, 80)}': artifact type is immutable`,
  );
}

function propertiesOf(value: unknown): Properties {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw badBody(
      "customProperties",
      `json: cannot unmarshal ${typeOf(value)} into field customProperties of type object`,
    );
  }
  for (const [key, property] of Object.entries(value)) {
    const type: unknown = typeof property === "object" && property !== null ? property.metadataType : undefined;
    if (typeof type === "string" && Object.hasOwn(propertyKeys, type)) continue;
    throw badBody(`customProperties.${key}`, `metadataType not found for ${key.slice(0, 255)}`, "value");
  }
  return value as Properties;
}

function fieldValueOf(field: Field, value: unknown): FieldValue {
  const { name, type } = field;
  if (type === "json") return declarationText(name, value);
  if (type === "double" && typeof value === "number") return value;
  if (type === "strings" && Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  // Both versions take a step as a number, and as a string.
  if (name === "step" && Number.isSafeInteger(value)) return String(value);
  const isText = type !== "double" && type !== "strings";
  if (isText && typeof value === "string") {
    // Also one that the path beats has to be an id.
    return type === "reference" ? assertId(value, kinds[field.references as KindName].words, name) : value;
  }
  const expected = { double: "float64", strings: "[]string" }[type as "double" | "strings"] ?? "string";
  throw badBody(name, `json: cannot unmarshal ${typeOf(value)} into field ${name} of type ${expected}`);
}
