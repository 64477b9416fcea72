import { type FieldReader, isRecord, kindOf, shown } from "../../base/field-reader.ts";
import { exceeds } from "../../base/plain-size.ts";
import { type EntryField, entryLimits, type FieldsOf } from "./entry-field.ts";
import { readProperties } from "./read-properties.ts";

/**
 * Reads the fields of an object according to their table. Fields that are left out are absent from the result. Problems
 * are reported to the reader; where there are any, required fields may be missing.
 */
export function readFields<Table extends readonly EntryField[]>(reader: FieldReader, fields: Table): FieldsOf<Table> {
  const read: Record<string, unknown> = {};
  for (const field of fields) {
    const value = readField(reader, field, keyOf(reader, field));
    if (value !== undefined) read[field.name] = value;
    else if (field.required && isAbsent(reader.value[keyOf(reader, field)])) reader.problem(field.name, "missing");
  }
  return read as FieldsOf<Table>;
}

/** The keys of a table, to find unknown ones. */
export function knownKeys(fields: readonly EntryField[]): readonly string[] {
  return fields.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
}

/** The name that a document uses for a field. */
function keyOf({ value }: FieldReader, { name, aliases = [] }: EntryField): string {
  return value[name] === undefined ? (aliases.find((alias) => value[alias] !== undefined) ?? name) : name;
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === "";
}

function readField(reader: FieldReader, field: EntryField, key: string): unknown {
  switch (field.type) {
    case "text":
      return matching(reader, key, reader.text(key, { maxChars: field.maxChars ?? 255 }), field.pattern);
    case "uri":
      return matching(reader, key, reader.text(key, { maxChars: field.maxChars ?? 4096 }), /^[A-Za-z][A-Za-z0-9+.-]*:/);
    case "time":
      return readTime(reader, key);
    case "date":
      return readDate(reader, key);
    case "boolean":
      return reader.boolean(key);
    case "integer":
      return readInteger(reader, key, field);
    case "choice":
      return reader.choice(key, field.words);
    case "choices":
      return nonEmpty(reader.list(key, (item, inner) => oneOf(item, inner, field.words)));
    case "texts":
      return nonEmpty(reader.list(key, readText));
    case "object":
      return reader.object(key, "with named fields", (inner) => readFields(inner, field.fields));
    case "objects":
      return nonEmpty(reader.list(key, (item, inner) => readObject(item, inner, field.fields)));
    case "properties":
      return readProperties(reader, key);
    case "json":
      return readJson(reader, key);
  }
}

function matching(reader: FieldReader, key: string, text: string | undefined, pattern: RegExp | undefined) {
  if (text === undefined || pattern === undefined || pattern.test(text)) return text;
  reader.problem(key, `expected a text of the form ${pattern.source}; found ${shown(text)}`);
  return undefined;
}

function readText(item: unknown, reader: FieldReader): string | undefined {
  if (typeof item === "string" && item.length <= 4096) return item;
  reader.problem(
    "",
    typeof item === "string" ? "expected at most 4096 characters" : `expected a text, found ${kindOf(item)}`,
  );
  return undefined;
}

function oneOf(item: unknown, reader: FieldReader, words: readonly string[]): string | undefined {
  if (words.includes(item as string)) return item as string;
  reader.problem("", `expected one of ${words.join(", ")}; found ${shown(item)}`);
  return undefined;
}

function readObject(item: unknown, reader: FieldReader, fields: readonly EntryField[]): unknown {
  if (isRecord(item)) return readFields(reader, fields);
  reader.problem("", `expected an object, found ${kindOf(item)}`);
  return undefined;
}

function readTime(reader: FieldReader, key: string): string | undefined {
  const value = reader.value[key];
  if (isAbsent(value)) return undefined;
  const text = typeof value === "number" && Number.isSafeInteger(value) ? String(value) : value;
  // The range of a timestamp in the contract: up to the year 9999.
  if (typeof text === "string" && /^\d{1,15}$/.test(text) && Number(text) < 253_402_300_800_000) return text;
  reader.problem(key, `expected milliseconds since the epoch; found ${shown(value)}`);
  return undefined;
}

function readDate(reader: FieldReader, key: string): string | undefined {
  const text = reader.text(key);
  if (text === undefined) return undefined;
  const ms = /^\d{4}-\d{2}-\d{2}(T|$)/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(ms)) return new Date(ms).toISOString();
  reader.problem(key, `expected a date such as 2026-01-31T00:00:00Z; found ${shown(text)}`);
  return undefined;
}

function readInteger(reader: FieldReader, key: string, { min, max }: { min: number; max: number }): number | undefined {
  const value = reader.number(key);
  if (value === undefined || (Number.isInteger(value) && value >= min && value <= max)) return value;
  reader.problem(key, `expected a whole number from ${min} to ${max}; found ${shown(value)}`);
  return undefined;
}

function readJson(reader: FieldReader, key: string): unknown {
  const value = reader.value[key];
  if (isAbsent(value)) return undefined;
  if (isRecord(value) && !exceeds(value, entryLimits.jsonDepth, entryLimits.jsonValues)) return value;
  const limits = `at most ${entryLimits.jsonValues} values and ${entryLimits.jsonDepth} levels`;
  reader.problem(key, `expected an object with ${limits}`);
  return undefined;
}

function nonEmpty<T>(items: readonly T[]): readonly T[] | undefined {
  return items.length === 0 ? undefined : items;
}
