import { sql } from "kysely";
import type { ComparisonOperator, FilterNode, FilterProperty, FilterValue } from "../../base/filter/filter-tree.ts";
import { type FilteredType, type FilterTarget, filterTarget, numberOf } from "../filter-target.ts";
import type { KindOrArtifact } from "../ports.ts";
import type { Condition, Dialect, Reference } from "./dialect.ts";
import { indexedCharacters, propertyTypes, splitString } from "./row.ts";
import type { SqlValue } from "./statement.ts";
import type { Table } from "./tables.ts";

interface Target {
  readonly dialect: Dialect;
  readonly kind: KindOrArtifact;
  readonly table: Table;
}

/** A condition on a row of properties that has to exist, given the alias of their table. */
export type Lead = (alias: string) => Condition;

/** A filter as the properties that lead to the rows of a table, if any, and a condition on these. */
export interface FilterPlan {
  readonly leads: readonly Lead[];
  readonly condition: Condition;
}

/** At most this many equal properties select rows by index; the others are checked on the rows found. */
const maxLeads = 4;

/**
 * Plans a filter. Values and names of properties are parameters, so that no text of a filter becomes SQL. Each part is
 * true or false, never unknown, so that NOT is exact.
 *
 * @param isNarrow whether the list has only few rows without the filter
 */
export function planFilter(node: FilterNode, target: Target, isNarrow: boolean): FilterPlan {
  // An equal property finds few rows by its index; everything else is checked on these.
  const terms = node.node === "and" ? node.terms : [node];
  const { equalities } = target.dialect;
  const candidates = isNarrow && equalities === "intersected" ? [] : terms;
  const leading = candidates.filter((term) => isPropertyEquality(term, target)).slice(0, maxLeads);
  const leads = leading.map((term) => leadOf(term as Comparison, target));
  const { inTime } = target.dialect;
  const others = [
    ...(inTime === undefined || countLeaves(node) < manyLeaves ? [] : [inTime]),
    ...terms.filter((term) => !leading.includes(term)).map((term) => condition(term, target)),
  ];
  if (leads.length === 0) return { leads, condition: all(others) };
  if (equalities === "joined" || (equalities === "intersected" && leads.length === 1)) {
    return { leads, condition: all(others) };
  }
  return { leads: [], condition: all([...found(leads, target), ...others]) };
}

/** Filters with this many comparisons have a time limit; one with fewer takes little longer than reading the rows. */
const manyLeaves = 8;

function countLeaves(node: FilterNode): number {
  if (node.node === "not") return countLeaves(node.term);
  if (node.node === "and" || node.node === "or") return node.terms.reduce((sum, term) => sum + countLeaves(term), 0);
  return 1;
}

/** The rows that have all of these properties, by their ids. */
function found(leads: readonly Lead[], { table, dialect }: Target): Condition[] {
  const ids = leads.map((lead) => sql`select p.entity_id from ${sql.table(table.properties)} as p where ${lead("p")}`);
  const id = sql.ref(`${table.name}.id`);
  if (dialect.equalities === "planned") return ids.map((one) => sql<boolean>`${id} in (${one})`);
  return [sql<boolean>`${id} in (${sql.join(ids, sql` intersect `)} order by 1)`];
}

type Comparison = Extract<FilterNode, { node: "compare" }>;

function leadOf({ property, operator, value }: Comparison, target: Target): Lead {
  const { key, types } = filterTarget(target.kind, property, value) as Extract<FilterTarget, { key: string }>;
  return (alias) => propertyIs(alias, key, types, propertyMatches(alias, operator, value, target.dialect));
}

function isPropertyEquality(node: FilterNode, { kind }: Target): boolean {
  if (node.node !== "compare" || node.operator !== "=") return false;
  return "key" in filterTarget(kind, node.property, node.value);
}

function condition(node: FilterNode, target: Target): Condition {
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
      return compare(node, target);
  }
}

function all(conditions: readonly Condition[]): Condition {
  if (conditions.length === 0) return sql<boolean>`(1 = 1)`;
  return sql<boolean>`(${sql.join(conditions, sql` and `)})`;
}

function any(conditions: readonly Condition[]): Condition {
  return conditions.length === 0 ? sql<boolean>`(1 = 0)` : sql<boolean>`(${sql.join(conditions, sql` or `)})`;
}

function isNull(property: FilterProperty, target: Target): Condition {
  const found = filterTarget(target.kind, property);
  if ("field" in found) return sql<boolean>`(${column(found.field.column, target)} is null)`;
  return sql<boolean>`(not ${propertyExists(found.key, found.types, undefined, target)})`;
}

/**
 * One list for all values of the same type: databases limit the nesting of conditions, which a thousand ORs would
 * exceed.
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
      return propertyExists(key, types, matches, target);
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
  const isLong = ({ value }: FilterValue) => splitString(value as string).long_value !== null;
  const [long, short] = [values.filter(isLong), values.filter((value) => !isLong(value))];
  const shorts = sql<boolean>`(p.string_value in (${sql.join(short.map(({ value }) => value))}) and p.long_value is null)`;
  return any([
    ...(short.length === 0 ? [] : [shorts]),
    ...long.map((value) => propertyMatches("p", "=", value, dialect)),
  ]);
}

function compare({ property, operator, value }: Comparison, target: Target): Condition {
  const found = filterTarget(target.kind, property, value);
  if ("key" in found) {
    return propertyExists(found.key, found.types, propertyMatches("p", operator, value, target.dialect), target);
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
  matches: Condition | undefined,
  { table, dialect }: Target,
): Condition {
  const id = sql.ref(`${table.name}.id`);
  const is = propertyIs("p", key, types, matches);
  return dialect.exists(
    sql<boolean>`exists (select 1 from ${sql.table(table.properties)} as p where p.entity_id = ${id} and ${is})`,
  );
}

/** Whether a row is that of a property, of one of the types, and matches. */
function propertyIs(
  alias: string,
  key: string,
  types: readonly FilteredType[],
  matches: Condition | undefined,
): Condition {
  const isKey = sql<boolean>`${sql.ref(`${alias}.key`)} = ${key}`;
  // Only strings use the column that a string is compared with, so the type need not be checked.
  const isTyped = types.length < 4 && !(types[0] === "string" && matches !== undefined);
  const numbers = sql.join(types.map((type) => sql.lit(propertyTypes[type])));
  const conditions = [
    isKey,
    ...(isTyped ? [sql<boolean>`${sql.ref(`${alias}.type`)} in (${numbers})`] : []),
    ...(matches === undefined ? [] : [matches]),
  ];
  return sql<boolean>`${sql.join(conditions, sql` and `)}`;
}

function propertyMatches(alias: string, operator: ComparisonOperator, value: FilterValue, dialect: Dialect): Condition {
  const number = sql.ref<SqlValue>(`${alias}.number_value`);
  if (value.type === "boolean") return compareWith(number, operator, dialect.number(value.value ? 1 : 0));
  if (value.type !== "string") return compareWith(number, operator, dialect.number(Number(value.value)));
  const [start, long] = [sql.ref<SqlValue>(`${alias}.string_value`), sql.ref<SqlValue>(`${alias}.long_value`)];
  if (operator === "=") {
    const split = splitString(value.value);
    const isStart = sql<boolean>`${start} = ${split.string_value}`;
    // A string that fits into the indexed part is not the start of a longer one.
    if (value.value.length < indexedCharacters) return isStart;
    const rest =
      split.long_value === null ? sql<boolean>`${long} is null` : sql<boolean>`${long} = ${split.long_value}`;
    return sql<boolean>`(${isStart} and ${rest})`;
  }
  return compareText(sql<SqlValue>`coalesce(${long}, ${start})`, operator, value.value, dialect);
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
