import { sql } from "kysely";
import type { ComparisonOperator, FilterNode, FilterProperty, FilterValue } from "../../base/filter/filter-tree.ts";
import { type FilteredType, type FilterTarget, filterTarget, numberOf } from "../filter-target.ts";
import type { KindOrArtifact } from "../ports.ts";
import type { Condition, Dialect, Reference } from "./dialect.ts";
import { propertyTypes, splitString } from "./row.ts";
import type { SqlValue } from "./statement.ts";
import type { Table } from "./tables.ts";

interface Target {
  readonly dialect: Dialect;
  readonly kind: KindOrArtifact;
  readonly table: Table;
}

/**
 * A filter as a condition on the rows of a table. Every value is a parameter; names of properties are values too, so that
 * no text of a filter is ever SQL. Each part is true or false, never unknown: NOT means what it says.
 */
export function filterCondition(node: FilterNode, target: Target): Condition {
  // A property that has to be equal finds few rows by its index; everything else is looked up for these.
  const terms = node.node === "and" ? node.terms : [node];
  const equalities = terms.filter((term) => isPropertyEquality(term, target));
  const driving = target.dialect.leadingEqualities === "every" ? equalities : equalities.slice(0, 1);
  return all(terms.map((term) => condition(term, target, driving.includes(term))));
}

function isPropertyEquality(node: FilterNode, { kind }: Target): boolean {
  if (node.node !== "compare" || node.operator !== "=") return false;
  return "key" in filterTarget(kind, node.property, node.value);
}

function condition(node: FilterNode, target: Target, driving = false): Condition {
  switch (node.node) {
    case "and":
      return all(node.terms.map((term) => condition(term, target)));
    case "or":
      return any(node.terms.map((term) => condition(term, target)));
    case "not":
      return sql<boolean>`not ${condition(node.term, target)}`;
    case "isNull":
      return isNull(node.property, target);
    case "in":
      return isIn(node.property, node.values, target);
    case "compare":
      return compare(node.property, node.operator, node.value, target, driving);
  }
}

function all(conditions: readonly Condition[]): Condition {
  return sql<boolean>`(${sql.join(conditions, sql` and `)})`;
}

function any(conditions: readonly Condition[]): Condition {
  return conditions.length === 0 ? sql<boolean>`(1 = 0)` : sql<boolean>`(${sql.join(conditions, sql` or `)})`;
}

function isNull(property: FilterProperty, target: Target): Condition {
  const found = filterTarget(target.kind, property);
  if ("field" in found) return sql<boolean>`(${column(found.field.column, target)} is null)`;
  return sql<boolean>`(not ${propertyExists(found.key, found.types, sql<boolean>`1 = 1`, target, false)})`;
}

/**
 * One list for all values of the same type: a database has a limit for conditions within each other, which a thousand
 * ORs would reach.
 */
function isIn(property: FilterProperty, values: readonly FilterValue[], target: Target): Condition {
  const found = values.map((value) => ({ value, target: filterTarget(target.kind, property, value) }));
  const first = found[0]?.target;
  if (first === undefined) return any([]);
  if ("field" in first) {
    const reference = column(first.field.column, target);
    const list = values.map((value) => (first.numeric ? target.dialect.number(numberOf(value)) : sql`${value.value}`));
    return sql<boolean>`(${reference} is not null and ${reference} in (${sql.join(list)}))`;
  }
  const byType = Map.groupBy(found, ({ value }) => value.type);
  return any(
    [...byType.values()].map((group) => {
      const { key, types } = group[0]!.target as Extract<FilterTarget, { key: string }>;
      const matches = propertyIn(
        group.map(({ value }) => value),
        target.dialect,
      );
      return propertyExists(key, types, matches, target, false);
    }),
  );
}

function propertyIn(values: readonly FilterValue[], dialect: Dialect): Condition {
  if (values[0]!.type !== "string") {
    const numbers = values.map(({ type, value }) =>
      dialect.number(type === "boolean" ? (value ? 1 : 0) : Number(value)),
    );
    return sql<boolean>`p.number_value in (${sql.join(numbers)})`;
  }
  const isLong = ({ value }: FilterValue) => splitString(value as string).long !== null;
  const [long, short] = [values.filter(isLong), values.filter((value) => !isLong(value))];
  const shorts = sql<boolean>`(p.string_value in (${sql.join(short.map(({ value }) => value))}) and p.long_value is null)`;
  return any([...(short.length === 0 ? [] : [shorts]), ...long.map((value) => propertyMatches("=", value, dialect))]);
}

function compare(
  property: FilterProperty,
  operator: ComparisonOperator,
  value: FilterValue,
  target: Target,
  driving = false,
): Condition {
  const found = filterTarget(target.kind, property, value);
  if ("key" in found) {
    return propertyExists(found.key, found.types, propertyMatches(operator, value, target.dialect), target, driving);
  }
  const reference = column(found.field.column, target);
  const matches = found.numeric
    ? compareWith(reference, operator, target.dialect.number(numberOf(value)))
    : compareText(reference, operator, value.value as string, target.dialect);
  return sql<boolean>`(${reference} is not null and ${matches})`;
}

function propertyExists(
  key: string,
  types: readonly FilteredType[],
  matches: Condition,
  { table, dialect }: Target,
  driving: boolean,
): Condition {
  const typed =
    types.length === 4 ? sql`` : sql`and p.type in (${sql.join(types.map((type) => sql.lit(propertyTypes[type])))})`;
  const properties = sql.table(table.properties);
  const id = sql.ref(`${table.name}.id`);
  if (driving) {
    return sql<boolean>`${id} in (select p.entity_id from ${properties} as p where p.${sql.ref("key")} = ${key} ${typed} and ${matches})`;
  }
  return dialect.exists(
    sql<boolean>`exists (select 1 from ${properties} as p where p.entity_id = ${id} and p.${sql.ref("key")} = ${key} ${typed} and ${matches})`,
  );
}

function propertyMatches(operator: ComparisonOperator, value: FilterValue, dialect: Dialect): Condition {
  if (value.type === "boolean") {
    return compareWith(sql.ref("p.number_value"), operator, dialect.number(value.value ? 1 : 0));
  }
  if (value.type !== "string") {
    return compareWith(sql.ref("p.number_value"), operator, dialect.number(Number(value.value)));
  }
  if (operator === "=") {
    const { string, long } = splitString(value.value);
    const rest = long === null ? sql<boolean>`p.long_value is null` : sql<boolean>`p.long_value = ${long}`;
    return sql<boolean>`(p.string_value = ${string} and ${rest})`;
  }
  return compareText(sql<SqlValue>`coalesce(p.long_value, p.string_value)`, operator, value.value, dialect);
}

function compareText(text: Reference, operator: ComparisonOperator, value: string, dialect: Dialect): Condition {
  if (operator === "LIKE") return dialect.like(text, value);
  if (operator === "ILIKE") return dialect.ilike(text, value);
  return compareWith(text, operator, sql`${value}`);
}

const operators: Readonly<Record<string, Reference>> = {
  "=": sql`=`,
  "!=": sql`<>`,
  "<": sql`<`,
  "<=": sql`<=`,
  ">": sql`>`,
  ">=": sql`>=`,
};

function compareWith(reference: Reference, operator: ComparisonOperator, value: Reference): Condition {
  return sql<boolean>`${reference} ${operators[operator]!} ${value}`;
}

function column(name: string, { table }: Target): Reference {
  return sql.ref(`${table.name}.${name}`);
}
