import { compare, type FilterScalar } from "../../src/base/filter/compare.ts";
import type { FilterNode, FilterProperty, FilterValue } from "../../src/base/filter/filter-tree.ts";

/**
 * The value of a property, or undefined where it is not set. `literal` is the type of what it is compared with, for
 * properties that are found by it; undefined when only its presence matters.
 */
type PropertyReader = (property: FilterProperty, literal: FilterValue["type"] | undefined) => FilterScalar | undefined;

/** Whether a filter holds, by the values that a reader gives. Values of another type than the literal never match. */
export function evaluateFilter(node: FilterNode, read: PropertyReader): boolean {
  switch (node.node) {
    case "and":
      return node.terms.every((term) => evaluateFilter(term, read));
    case "or":
      return node.terms.some((term) => evaluateFilter(term, read));
    case "not":
      return !evaluateFilter(node.term, read);
    case "isNull":
      return read(node.property, undefined) === undefined;
    case "in":
      return node.values.some((value) => compare(read(node.property, value.type), "=", value.value));
    case "compare":
      return compare(read(node.property, node.value.type), node.operator, node.value.value);
  }
}
