import { FilterError, type FilterProperty, type FilterValue } from "../base/filter/filter-tree.ts";
import type { Field } from "./kinds/field.ts";
import { artifactKinds, kinds } from "./kinds/kinds.ts";
import type { KindOrArtifact } from "./ports.ts";

/** The types of custom properties that a filter finds. */
export type FilteredType = "string" | "int" | "double" | "bool";

/** What a name in a filter refers to. */
export type FilterTarget =
  | { readonly field: Field; readonly numeric: boolean }
  /** `types`: those that a comparison with this literal looks at; all of them where there is no literal. */
  | { readonly key: string; readonly types: readonly FilteredType[] };

const bySuffix: Readonly<Record<string, FilteredType>> = {
  string_value: "string",
  int_value: "int",
  double_value: "double",
  bool_value: "bool",
};
const allTypes: readonly FilteredType[] = ["string", "int", "double", "bool"];
const byLiteral: Readonly<Record<FilterValue["type"], readonly FilteredType[]>> = {
  string: ["string"],
  boolean: ["bool"],
  decimal: ["double"],
  integer: ["int", "double"],
};

/** The field that a name refers to; for all artifacts, a field that is the same column in each sort that has it. */
function filterField(kind: KindOrArtifact, name: string): Field | undefined {
  if (kind !== "artifact") return kinds[kind].byName.get(name);
  const fields = artifactKinds.flatMap((one) => kinds[one].byName.get(name) ?? []);
  return fields.every(({ column }) => column === fields[0]!.column) ? fields[0] : undefined;
}

/**
 * What a property of a filter refers to when it is compared with a literal of some type, or with none. A name that is
 * no field of the kind, or has a suffix, is a custom property. Fails with a `FilterError` where the types do not match.
 */
export function filterTarget(kind: KindOrArtifact, property: FilterProperty, literal?: FilterValue): FilterTarget {
  const { name, suffix } = property;
  const field = suffix === undefined ? filterField(kind, name) : undefined;
  if (field !== undefined) return fieldTarget(field, property, literal);
  if (suffix === undefined) return { key: name, types: literal === undefined ? allTypes : byLiteral[literal.type] };
  const type = bySuffix[suffix]!;
  if (literal !== undefined && !goesWith(type, literal)) {
    throw mismatch(
      property,
      `${name}.${suffix}`,
      type === "string" ? "a text in quotes" : type === "bool" ? "true or false" : "a number",
    );
  }
  return { key: name, types: [type] };
}

function fieldTarget(field: Field, property: FilterProperty, literal: FilterValue | undefined): FilterTarget {
  if (!field.filterable) {
    throw new FilterError("type", `a filter cannot use ${field.name}`, property.position);
  }
  const numeric = field.type === "int64" || field.type === "double" || field.type === "reference";
  if (literal === undefined) return { field, numeric };
  // Ids are strings in JSON, so that clients put them in quotes.
  const quotedNumber = numeric && literal.type === "string" && /^-?\d{1,19}$/.test(literal.value);
  const number = literal.type === "integer" || literal.type === "decimal";
  if (numeric ? !number && !quotedNumber : literal.type !== "string") {
    throw mismatch(property, field.name, numeric ? "a number" : "a text in quotes");
  }
  return { field, numeric };
}

function goesWith(type: FilteredType, literal: FilterValue): boolean {
  if (type === "string") return literal.type === "string";
  if (type === "bool") return literal.type === "boolean";
  return literal.type === "integer" || literal.type === "decimal";
}

function mismatch(property: FilterProperty, name: string, expected: string): FilterError {
  return new FilterError("type", `${name.slice(0, 60)} must be compared with ${expected}`, property.position);
}

/** The number that a literal stands for, of a field that holds numbers. Beyond 64 bits it is the nearest double. */
export function numberOf(literal: FilterValue): number | bigint {
  const value = literal.type === "string" ? BigInt(literal.value) : (literal.value as number | bigint);
  return typeof value === "bigint" && BigInt.asIntN(64, value) !== value ? Number(value) : value;
}
