import { compare, type FilterScalar } from "../../base/filter/evaluate-filter.ts";
import { FilterError } from "../../base/filter/filter-error.ts";
import type { FilterNode, FilterProperty, FilterValue } from "../../base/filter/filter-tree.ts";
import { likeMatcher } from "../../base/filter/like-matcher.ts";
import { parseFilter } from "../../base/filter/parse-filter.ts";
import { CatalogError } from "../catalog-error.ts";
import type { BaseEntry, CatalogArtifact, CatalogModel } from "../entries/entry.ts";
import { artifactFilterFields, type FilterFields, type Found, modelFilterFields, readerOf } from "./filter-fields.ts";

/** Whether an entry fits. */
export type Predicate<Entry> = (entry: Entry) => boolean;

type Leaf = Extract<FilterNode, { node: "compare" | "in" | "isNull" }>;

/** What has to hold of one and the same artifact. */
export interface ModelFilter {
  readonly matches: Predicate<CatalogModel>;
  /** Of the artifacts of a model, those that fit the conditions on artifacts that all have to hold. */
  readonly artifact: Predicate<CatalogArtifact>;
}

const artifactPrefix = "artifacts.";

/**
 * Makes a filter of models ready for use. Conditions on `artifacts.` that are joined by AND have to hold of one and the
 * same artifact; NOT before one says that no artifact fits it.
 *
 * @throws CatalogError INVALID_FILTER
 */
export function compileModelFilter(filter: string): ModelFilter {
  const node = parsed(filter);
  if (node === undefined) return { matches: () => true, artifact: () => true };
  const always = conjuncts(node).filter(isArtifactLeaf).map(artifactLeaf);
  return { matches: modelPredicate(node), artifact: all(always) };
}

/**
 * Makes a filter of other entries ready for use.
 *
 * @throws CatalogError INVALID_FILTER
 */
export function compileFilter<Entry extends BaseEntry>(filter: string, fields: FilterFields<Entry>): Predicate<Entry> {
  const node = parsed(filter);
  return node === undefined ? () => true : predicate(node, (leaf) => leafPredicate(leaf, leaf.property, fields));
}

function parsed(filter: string): FilterNode | undefined {
  try {
    return parseFilter(filter);
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    const { position, problem, message } = error;
    throw new CatalogError("INVALID_FILTER", message, { position, problem });
  }
}

function predicate<Entry>(node: FilterNode, leaf: (node: Leaf) => Predicate<Entry>): Predicate<Entry> {
  switch (node.node) {
    case "and":
      return all(node.terms.map((term) => predicate(term, leaf)));
    case "or":
      return any(node.terms.map((term) => predicate(term, leaf)));
    case "not": {
      const inner = predicate(node.term, leaf);
      return (entry) => !inner(entry);
    }
    default:
      return leaf(node);
  }
}

function modelPredicate(node: FilterNode): Predicate<CatalogModel> {
  if (node.node === "or") return any(node.terms.map(modelPredicate));
  if (node.node === "not") {
    const inner = modelPredicate(node.term);
    return (model) => !inner(model);
  }
  const terms = conjuncts(node);
  const onOneArtifact = terms.filter(isArtifactLeaf).map(artifactLeaf);
  const others = terms
    .filter((term) => !isArtifactLeaf(term))
    .map((term) =>
      term.node === "or" || term.node === "not"
        ? modelPredicate(term)
        : leafPredicate(term as Leaf, (term as Leaf).property, modelFilterFields),
    );
  if (onOneArtifact.length === 0) return all(others);
  const fits = all(onOneArtifact);
  return all([...others, ({ artifacts }) => artifacts.some(fits)]);
}

/** The terms that all have to hold, ANDs within ANDs laid open. */
function conjuncts(node: FilterNode): readonly FilterNode[] {
  return node.node === "and" ? node.terms.flatMap(conjuncts) : [node];
}

function isArtifactLeaf(node: FilterNode): boolean {
  return "property" in node && node.property.name.startsWith(artifactPrefix);
}

function artifactLeaf(node: FilterNode): Predicate<CatalogArtifact> {
  const { property } = node as Leaf;
  const own = { ...property, name: property.name.slice(artifactPrefix.length) };
  return leafPredicate(node as Leaf, own, artifactFilterFields);
}

function leafPredicate<Entry extends BaseEntry>(
  node: Leaf,
  property: FilterProperty,
  fields: FilterFields<Entry>,
): Predicate<Entry> {
  const read = (literal: FilterValue["type"] | undefined) => readerOf(fields, property, literal);
  if (node.node === "isNull") {
    const value = read(undefined);
    return (entry) => isEmpty(value(entry));
  }
  if (node.node === "in") return any(node.values.map((value) => comparison(read(value.type), "=", value)));
  return comparison(read(node.value.type), node.operator, node.value);
}

function comparison<Entry>(
  read: (entry: Entry) => Found,
  operator: Extract<FilterNode, { node: "compare" }>["operator"],
  { value }: FilterValue,
): Predicate<Entry> {
  if (operator === "!=") {
    const isEqual = testOf("=", value);
    // Of a list: that none of its items is equal. One that is not there is neither equal nor not.
    return (entry) => {
      const found = read(entry);
      return isList(found) ? !found.some(isEqual) : compare(found, "!=", value);
    };
  }
  const test = testOf(operator, value);
  return (entry) => some(read(entry), test);
}

/** How one value is compared with a literal. What is asked most is asked of thousands of entries, so it goes straight. */
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

function all<Entry>(parts: readonly Predicate<Entry>[]): Predicate<Entry> {
  const [first, second, ...others] = parts;
  if (first === undefined) return () => true;
  if (second === undefined) return first;
  if (others.length === 0) return (entry) => first(entry) && second(entry);
  return (entry) => parts.every((part) => part(entry));
}

function any<Entry>(parts: readonly Predicate<Entry>[]): Predicate<Entry> {
  return (entry) => parts.some((part) => part(entry));
}
