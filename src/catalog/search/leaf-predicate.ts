import { compare, type FilterScalar } from "../../base/filter/compare.ts";
import type { FilterNode, FilterProperty, FilterValue } from "../../base/filter/filter-tree.ts";
import { likeMatcher } from "../../base/filter/like-matcher.ts";
import type { Found } from "./filter-fields.ts";

/** Whether an entry, or its row in an index, matches. */
export type Predicate<Entry> = (entry: Entry) => boolean;

/** One condition of a filter. */
export type Leaf = Extract<FilterNode, { node: "compare" | "in" | "isNull" }>;

/**
 * Compiles a test of a property.
 *
 * @param literal the type of what it is compared with; undefined when only its presence matters
 */
export type Tester<Entry> = (
  property: FilterProperty,
  literal: FilterValue["type"] | undefined,
  test: (found: Found) => boolean,
) => Predicate<Entry>;

/** Compiles one condition on a property. */
export function leafPredicate<Entry>(node: Leaf, property: FilterProperty, tester: Tester<Entry>): Predicate<Entry> {
  if (node.node === "isNull") return tester(property, undefined, isEmpty);
  if (node.node === "in") {
    return any(kindsOf(node.values).map(([type, wanted]) => tester(property, type, isOneOf(wanted))));
  }
  return tester(property, node.value.type, comparison(node.operator, node.value));
}

function comparison(
  operator: Extract<FilterNode, { node: "compare" }>["operator"],
  { value }: FilterValue,
): (found: Found) => boolean {
  if (operator === "!=") {
    const isEqual = testOf("=", value);
    // For a list: none of its items is equal. A missing value is neither equal nor unequal.
    return (found) => (isList(found) ? !found.some(isEqual) : compare(found, "!=", value));
  }
  const test = testOf(operator, value);
  return (found) => some(found, test);
}

/** The values of an IN, by the kind of property that they are compared with, as sets: there may be thousands. */
function kindsOf(
  values: readonly FilterValue[],
): readonly (readonly [FilterValue["type"], ReadonlySet<FilterScalar>])[] {
  const kinds = new Map<FilterValue["type"], Set<FilterScalar>>();
  for (const { type, value } of values) {
    const kind = type === "integer" ? "decimal" : type;
    const wanted = kinds.get(kind) ?? new Set<FilterScalar>();
    kinds.set(kind, wanted);
    // An integer that no double represents exactly equals none.
    if (typeof value !== "bigint") wanted.add(value);
    else if (BigInt(Number(value)) === value) wanted.add(Number(value));
  }
  return [...kinds];
}

function isOneOf(wanted: ReadonlySet<FilterScalar>): (found: Found) => boolean {
  return (found) => some(found, (value) => wanted.has(value));
}

/**
 * Compares a value with a literal. The most common comparisons run over thousands of entries, so they have direct code.
 */
function testOf(
  operator: Exclude<Extract<FilterNode, { node: "compare" }>["operator"], "!=">,
  literal: FilterValue["value"],
): (found: FilterScalar) => boolean {
  if (operator === "LIKE" || operator === "ILIKE") {
    const isAnyCase = operator === "ILIKE";
    const matches = likeMatcher(isAnyCase ? String(literal).toLowerCase() : String(literal));
    return (found) => typeof found === "string" && matches(isAnyCase ? found.toLowerCase() : found);
  }
  const value = typeof literal === "bigint" && Number.isSafeInteger(Number(literal)) ? Number(literal) : literal;
  if (operator === "=" && typeof value !== "bigint") return (found) => found === value;
  if (typeof value !== "number") return (found) => compare(found, operator, value);
  switch (operator) {
    case "<":
      return (found) => typeof found === "number" && found < value;
    case "<=":
      return (found) => typeof found === "number" && found <= value;
    case ">":
      return (found) => typeof found === "number" && found > value;
    default:
      return (found) => typeof found === "number" && found >= value;
  }
}

function some(found: Found, test: (value: FilterScalar) => boolean): boolean {
  return isList(found) ? found.some(test) : found !== undefined && test(found);
}

function isList(found: Found): found is readonly FilterScalar[] {
  return Array.isArray(found);
}

function isEmpty(found: Found): boolean {
  return found === undefined || (isList(found) && found.length === 0);
}

/** Whether all hold. */
export function all<Entry>(parts: readonly Predicate<Entry>[]): Predicate<Entry> {
  const [first, second, ...others] = parts;
  if (first === undefined) return () => true;
  if (second === undefined) return first;
  if (others.length === 0) return (entry) => first(entry) && second(entry);
  return (entry) => parts.every((part) => part(entry));
}

/** Whether one holds. */
export function any<Entry>(parts: readonly Predicate<Entry>[]): Predicate<Entry> {
  return (entry) => parts.some((part) => part(entry));
}
