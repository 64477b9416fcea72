import { create, type DescField, type DescMessage, isFieldSet, type Message } from "@bufbuild/protobuf";
import { type Timestamp, TimestampSchema, timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import type { PropertyValue as PropertyMessage } from "../../../gen/kserve/versions/v1/property_pb.ts";
import { snakeCase } from "../../base/snake-case.ts";
import type { Field, FieldValue } from "../../versions/kinds/field.ts";
import { artifactKinds, type KindName, kinds } from "../../versions/kinds/kinds.ts";
import { propertiesFromJson } from "../../versions/property-value.ts";
import type { FieldValues, NewRecord, VersionRecord } from "../../versions/record.ts";
import { invalid } from "../../versions/versions-error.ts";
import { type ContractKind, contractKindOf } from "./contract-kind.ts";
import { declarationFromMessage, declarationToMessage } from "./declaration-message.ts";
import { propertiesFromMessages, propertiesToMessages } from "./property-message.ts";

/** A message whose fields are looked up by the names that its kind gives. */
export type AnyMessage = Message & Readonly<Record<string, unknown>>;

/** A record as the contract has it. */
export function recordToMessage(record: VersionRecord): AnyMessage {
  const { message } = contractKindOf(record.kind);
  const values: Record<string, unknown> = {
    id: record.id,
    name: record.name,
    etag: String(record.revision),
    createTime: timestampFromMs(record.createTime),
    updateTime: timestampFromMs(record.updateTime),
    customProperties: propertiesToMessages(propertiesFromJson(record.properties)),
  };
  const sort = sortOf(message, record.kind);
  const own: Record<string, unknown> = {};
  for (const field of kinds[record.kind].fields) {
    const value = record.fields[field.name];
    if (value === undefined) continue;
    const shared = message.field[field.name];
    if (shared !== undefined) values[field.name] = valueToMessage(shared, field, value);
    else own[field.name] = valueToMessage(sort!.message!.field[field.name]!, field, value);
  }
  if (sort !== undefined) values.sort = { case: record.kind, value: create(sort.message!, own) };
  return create(message, values) as unknown as AnyMessage;
}

/** Which kind of record a message stands for. Throws VersionsError INVALID for an artifact without a sort. */
function kindOfMessage({ kind }: ContractKind, message: AnyMessage): KindName {
  if (kind !== "artifact") return kind;
  const sort = (message.sort as { readonly case?: KindName }).case;
  if (sort !== undefined) return sort;
  const description = `set one of ${artifactKinds.map(snakeCase).join(", ")}`;
  throw invalid(undefined, { field: "sort", problem: "required", description });
}

/** A message as a new record. Fields that the store makes are left out, as are those that are not set. */
export function newRecordFromMessage(contractKind: ContractKind, message: AnyMessage): NewRecord & { kind: KindName } {
  const kind = kindOfMessage(contractKind, message);
  const fields: Record<string, FieldValue> = {};
  for (const field of kinds[kind].fields) {
    if (field.serverMade) continue;
    const value = fieldOfMessage(contractKind, kind, message, field);
    if (value !== undefined) fields[field.name] = value;
  }
  return { kind, fields, properties: propertiesFromMessages(propertyMessages(message)) };
}

/** The value of one field of a message; undefined when it is not set. */
export function fieldOfMessage(
  { message: desc }: ContractKind,
  kind: KindName,
  message: AnyMessage,
  field: Field,
): FieldValue | undefined {
  const shared = desc.field[field.name];
  if (shared !== undefined) return valueOfMessage(message, shared, field);
  const sort = message.sort as { readonly case?: string; readonly value?: AnyMessage } | undefined;
  if (sort?.case !== kind || sort.value === undefined) return undefined;
  return valueOfMessage(sort.value, sortOf(desc, kind)!.message!.field[field.name]!, field);
}

/** The custom properties of a message. */
export function propertyMessages(message: AnyMessage): Readonly<Record<string, PropertyMessage>> {
  return message.customProperties as Readonly<Record<string, PropertyMessage>>;
}

/** The fields of a list request that name parents, as far as they are given. */
export function parentsOf({ parents }: ContractKind, request: AnyMessage): FieldValues {
  return Object.fromEntries(
    parents.filter((name) => request[name] !== "").map((name) => [name, request[name] as string]),
  );
}

/** The member of an artifact's oneof for one of its sorts; undefined for other kinds. */
function sortOf(message: DescMessage, kind: KindName): DescField | undefined {
  return kinds[kind].artifactType === undefined ? undefined : message.field[kind];
}

function valueToMessage(desc: DescField, field: Field, value: FieldValue): unknown {
  if (desc.enum !== undefined) {
    const word = field.type === "json" ? undefined : String(value).toUpperCase();
    if (word !== undefined) return desc.enum.values.find(({ localName }) => localName === word)!.number;
  }
  if (field.type === "json") return declarationToMessage(field.name, JSON.parse(value as string));
  if (desc.message?.typeName === TimestampSchema.typeName) return timestampFromMs(Number(value));
  return field.type === "int64" ? BigInt(value as string) : value;
}

function valueOfMessage(message: AnyMessage, desc: DescField, field: Field): FieldValue | undefined {
  if (!isFieldSet(message, desc as never)) return undefined;
  const value = message[desc.localName];
  if (field.type === "json") return declarationFromMessage(field.name, value);
  if (desc.enum !== undefined) {
    const word = desc.enum.value[value as number]?.localName;
    return word === undefined ? String(value) : (field.values.find((one) => one.toUpperCase() === word) ?? word);
  }
  if (desc.message?.typeName === TimestampSchema.typeName) return String(timestampMs(value as Timestamp));
  return typeof value === "bigint" ? String(value) : (value as FieldValue);
}
