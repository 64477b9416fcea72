import type { FieldMask } from "@bufbuild/protobuf/wkt";
import type { FieldValue } from "../../versions/kinds/field.ts";
import { type KindName, kinds } from "../../versions/kinds/kinds.ts";
import type { RecordChanges } from "../../versions/record.ts";
import { invalid, type VersionsError } from "../../versions/versions-error.ts";
import type { ContractKind } from "./contract-kind.ts";
import { propertiesFromMessages } from "./property-message.ts";
import { type AnyMessage, fieldOfMessage, propertyMessages } from "./record-message.ts";

/**
 * What an update changes: the fields that its mask names, with the values that the message has for them. One that the
 * message does not set is unset.
 *
 * @param kind the kind of the record that is changed
 * @throws VersionsError INVALID for a mask that is empty or names what the kind does not have
 */
export function changesFromMessage(
  contractKind: ContractKind,
  kind: KindName,
  message: AnyMessage,
  mask: FieldMask | undefined,
): RecordChanges {
  const paths = mask?.paths ?? [];
  if (paths.length === 0) throw badMask(kind, "names no field; `*` means every field that can be changed");
  const named = new Set<string>();
  for (const path of paths) for (const name of namesOf(contractKind, kind, path)) named.add(name);
  const fields: Record<string, FieldValue | null> = {};
  for (const field of kinds[kind].fields) {
    if (!named.has(field.name)) continue;
    fields[field.name] = fieldOfMessage(contractKind, kind, message, field) ?? null;
  }
  return {
    fields,
    ...(named.has("customProperties") ? { properties: propertiesFromMessages(propertyMessages(message)) } : {}),
  };
}

const propertiesPath = "custom_properties";

/** The fields that a path of the mask stands for. */
function namesOf({ message }: ContractKind, kind: KindName, path: string): readonly string[] {
  const { fields, artifactType } = kinds[kind];
  if (path === "*") {
    return ["customProperties", ...fields.filter(({ mutable }) => mutable).map(({ name }) => name)];
  }
  if (path === propertiesPath) return ["customProperties"];
  const sort = artifactType === undefined ? undefined : message.field[kind]!.name;
  // A field of the sort stands below it, and the sort itself is all of them.
  const pathOf = (field: (typeof fields)[number]): string =>
    message.field[field.name] === undefined ? `${sort}.${field.proto}` : field.proto;
  const found = fields.filter(
    (field) => pathOf(field) === path || (path === sort && pathOf(field).startsWith(`${sort}.`)),
  );
  if (found.length > 0) return found.map(({ name }) => name);
  const known = [propertiesPath, ...fields.filter(({ mutable }) => mutable).map(pathOf)];
  throw badMask(
    kind,
    `${JSON.stringify(path.slice(0, 80))} is not a field that can be changed; these can: ${known.join(", ")}`,
  );
}

function badMask(kind: KindName, description: string): VersionsError<"INVALID"> {
  return invalid(kind, { field: "update_mask", problem: "value", description });
}
