import type { ComparisonOperator } from "./filter-tree.ts";
import { likeMatcher } from "./like-matcher.ts";

/** A value that can be compared: a text, a boolean, or a number of either form. */
export type FilterScalar = string | boolean | number | bigint;

/**
 * Whether a value that was found satisfies a comparison with a literal. A missing value, or one of another type, never
 * does.
 */
export function compare(found: FilterScalar | undefined, operator: ComparisonOperator, value: FilterScalar): boolean {
  if (found === undefined || isNumber(found) !== isNumber(value)) return false;
  if (typeof found === "string" && typeof value === "string") {
    if (operator === "LIKE") return likeMatcher(value)(found);
    if (operator === "ILIKE") return likeMatcher(value.toLowerCase())(found.toLowerCase());
    return ordered(compareText(found, value), operator);
  }
  if (!isNumber(found) && typeof found !== typeof value) return false;
  return ordered(found < value ? -1 : found > value ? 1 : 0, operator);
}

function isNumber(value: FilterScalar): boolean {
  return typeof value === "number" || typeof value === "bigint";
}

function ordered(order: number, operator: ComparisonOperator): boolean {
  switch (operator) {
    case "=":
      return order === 0;
    case "!=":
      return order !== 0;
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    default:
      return order >= 0;
  }
}

/** The order of texts by code points, which databases have too; that of JavaScript differs beyond U+FFFF. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left !== right) return codePointRank(left) - codePointRank(right);
  }
  return a.length - b.length;
}

/** Lets surrogates, which stand for code points beyond U+FFFF, come after all other units. */
function codePointRank(unit: number): number {
  return unit >= 0xe000 ? unit - 0x800 : unit >= 0xd800 ? unit + 0x2000 : unit;
}
