import type { FieldValue } from "./kinds/field.ts";
import { kinds } from "./kinds/kinds.ts";
import { propertiesFromJson, propertiesToJson } from "./property-value.ts";
import type { NewRecord, VersionRecord } from "./record.ts";
import type { Difference } from "./versions-error.ts";

/**
 * The paths where a stored record differs from a given one. Fields that are not given are not compared. Paths start
 * with `at`, such as `version.`.
 */
export function differences(stored: VersionRecord, given: NewRecord, at: string): Difference[] {
  const fields = Object.entries(given.fields)
    .filter(([name]) => kinds[stored.kind].byName.get(name)?.type !== "reference" && name !== "name")
    .map(([name, value]) => ({
      field: at + name,
      stored: asJson(stored, name, stored.fields[name]),
      given: asJson(stored, name, value),
    }));
  return [...fields, ...propertyDifferences(stored, given, at)].filter((one) => one.stored !== one.given);
}

/**
 * A function that checks whether stored records equal a given one, as `differences` would find. A mismatch is found
 * quickly.
 */
export function matcherOf(given: NewRecord): (stored: VersionRecord) => boolean {
  const properties = given.properties === undefined ? undefined : propertiesToJson(given.properties);
  return (stored) =>
    (properties === undefined || properties === stored.properties) &&
    differences(stored, { fields: given.fields }, "").length === 0;
}

/** A value as canonical JSON text: formatting and the order of keys do not matter. */
function asJson({ kind }: VersionRecord, name: string, value: FieldValue | undefined): string | undefined {
  if (value === undefined) return undefined;
  const isJson = kinds[kind].byName.get(name)?.type === "json";
  return JSON.stringify(isJson ? sorted(JSON.parse(value as string)) : value);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, one]) => [key, sorted(one)]));
}

function propertyDifferences(stored: VersionRecord, { properties }: NewRecord, at: string): Difference[] {
  if (properties === undefined || propertiesToJson(properties) === stored.properties) return [];
  const before = propertiesFromJson(stored.properties);
  const text = (value: (typeof before)[string] | undefined) =>
    value === undefined ? undefined : propertiesToJson({ value }).slice('{"value":'.length, -1);
  const keys = [...new Set([...Object.keys(before), ...Object.keys(properties)])].sort();
  return keys.map((key) => ({
    field: `${at}customProperties.${key}`,
    stored: text(before[key]),
    given: text(properties[key]),
  }));
}
