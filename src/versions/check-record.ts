import { propertyViolations } from "./check-properties.ts";
import type { Field, FieldValue } from "./kinds/field.ts";
import type { Kind } from "./kinds/kind.ts";
import { type KindName, kinds } from "./kinds/kinds.ts";
import type { NewRecord, RecordChanges } from "./record.ts";
import { wrongTexts } from "./text-problem.ts";
import { invalid, type Violation } from "./versions-error.ts";

/**
 * Checks a new record against its kind, and fills in defaults and a name where it has none. Fails with INVALID and all
 * problems. `at` is put before their paths: `artifacts[1].`.
 */
export function checkedNew(name: KindName, record: NewRecord, at = "", ignored: readonly string[] = []): NewRecord {
  const kind = kinds[name];
  const violations = [
    ...kind.fields.flatMap((field) => missing(field, record.fields, ignored)),
    ...Object.entries(record.fields).flatMap(([key, value]) => wrongField(kind, key, value) ?? []),
    ...propertyViolations(record.properties ?? {}),
  ];
  refuse(name, violations, at);
  const fields: Record<string, FieldValue> = {};
  for (const field of kind.fields) {
    const value = isBlankKey(field.name, record.fields[field.name]) ? undefined : record.fields[field.name];
    const stored = value ?? field.default;
    if (stored !== undefined) fields[field.name] = stored;
  }
  fields.name ??= crypto.randomUUID();
  return { fields, properties: record.properties ?? {} };
}

/** Checks the changes of an update. Null becomes the default of a field that has one. */
export function checkedChanges(name: KindName, changes: RecordChanges): RecordChanges {
  const kind = kinds[name];
  const violations = [
    ...Object.entries(changes.fields).flatMap(([key, value]) => wrongChange(kind, key, value) ?? []),
    ...propertyViolations(changes.properties ?? {}),
  ];
  refuse(name, violations, "");
  const given = Object.entries(changes.fields).filter(([key, value]) => !isBlankKey(key, value));
  const fields = given.map(([key, value]) => [key, value ?? kind.byName.get(key)!.default ?? null]);
  return { ...changes, fields: Object.fromEntries(fields) };
}

/** Clients send an empty name or external id where they have none. */
function isBlankKey(field: string, value: FieldValue | null | undefined): boolean {
  return value === "" && (field === "name" || field === "externalId");
}

function refuse(kind: KindName, violations: readonly Violation[], at: string): void {
  if (violations.length === 0) return;
  const located = violations.map((one) => ({ ...one, field: at + one.field }));
  throw invalid(kind, ...located);
}

function missing(field: Field, fields: NewRecord["fields"], ignored: readonly string[]): Violation[] {
  const value = fields[field.name];
  if (!field.required || ignored.includes(field.name) || (value !== undefined && value !== "")) return [];
  return [{ field: field.name, problem: "required", description: "required, and missing or empty" }];
}

function wrongChange(kind: Kind, key: string, value: FieldValue | null): Violation | undefined {
  const field = kind.byName.get(key);
  if (field !== undefined && !field.mutable) {
    return { field: key, problem: "immutable", description: "cannot be changed" };
  }
  if (value !== null || field === undefined) return wrongField(kind, key, value ?? "");
  if (field.required) return { field: key, problem: "required", description: "required, and cannot be unset" };
  if (key === "externalId") return { field: key, problem: "immutable", description: "cannot be unset" };
  return undefined;
}

function wrongField(kind: Kind, key: string, value: FieldValue): Violation | undefined {
  const field = kind.byName.get(key);
  if (field === undefined) {
    return { field: key, problem: "unknown", description: `a ${kind.words} has no such field` };
  }
  if (field.serverMade) return { field: key, problem: "immutable", description: "the store sets it" };
  const wrong = wrongValue(field, value);
  return wrong === undefined ? undefined : { field: key, ...wrong };
}

type Wrong = Omit<Violation, "field">;

function wrongValue(field: Field, value: FieldValue): Wrong | undefined {
  switch (field.type) {
    case "double":
      if (typeof value !== "number") return { problem: "type", description: "expected a number" };
      return Number.isFinite(value) ? undefined : { problem: "value", description: "expected a finite number" };
    case "strings":
      if (!Array.isArray(value)) return { problem: "type", description: "expected a list of strings" };
      return wrongTexts(value, field.limit);
    default:
      if (typeof value !== "string") return { problem: "type", description: "expected a string" };
      return wrongTexts([value], field.limit) ?? wrongForm(field, value);
  }
}

function wrongForm(field: Field, value: string): Wrong | undefined {
  switch (field.type) {
    case "enum":
      if (field.values.includes(value)) return undefined;
      return {
        problem: "value",
        description: `expected one of ${field.values.join(", ")}; found ${value.slice(0, 40)}`,
      };
    case "reference":
      return isId(value) ? undefined : { problem: "value", description: "expected a record ID, a whole number" };
    case "int64":
      return isInt64(value) ? undefined : { problem: "value", description: "expected a whole number of 64 bits" };
    case "json":
      return isJson(value) ? undefined : { problem: "value", description: "expected JSON" };
    default:
      return undefined;
  }
}

/** Whether a text is an id as the store makes them: a decimal number of 63 bits, from 1. */
export function isId(text: string): boolean {
  return /^[1-9]\d{0,18}$/.test(text) && BigInt(text) < 2n ** 63n;
}

function isInt64(text: string): boolean {
  return /^(0|-?[1-9]\d{0,18})$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
