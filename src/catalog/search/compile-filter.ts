import { FilterError, type FilterNode } from "../../base/filter/filter-tree.ts";
import { parseFilter } from "../../base/filter/parse-filter.ts";
import { CatalogError } from "../catalog-error.ts";
import type { BaseEntry, CatalogArtifact } from "../entries/entry.ts";
import { artifactFilterFields, type FilterFields, readerOf } from "./filter-fields.ts";
import { all, any, type Leaf, leafPredicate, type Predicate, type Tester } from "./leaf-predicate.ts";
import { type Column, type ColumnRequest, emptyColumn, type ModelColumns, testOfColumn } from "./model-columns.ts";

/** A compiled filter of models. */
interface ModelFilter {
  /** By the row of a model in the index. */
  readonly matches: Predicate<number>;
  /** Selects the artifacts of a model that match those conditions on artifacts which always have to hold. */
  readonly artifact: Predicate<CatalogArtifact>;
}

const artifactPrefix = "artifacts.";

/** How the properties of models, by row, and of their artifacts, by number, are tested. */
interface RowTesters {
  readonly model: Tester<number>;
  readonly artifact: Tester<number>;
  readonly someArtifact: (fits: Predicate<number>) => Predicate<number>;
}

/** Tests entries themselves. */
function entryTester<Entry extends BaseEntry>(fields: FilterFields<Entry>): Tester<Entry> {
  return (property, literal, test) => {
    const read = readerOf(fields, property, literal);
    return (entry) => test(read(entry));
  };
}

/**
 * Compiles a filter of models over their index. Conditions on `artifacts.` that are joined by AND have to hold for one
 * and the same artifact; NOT before one means that no artifact matches it.
 *
 * @throws CatalogError INVALID_FILTER
 */
export async function compileIndexedFilter(filter: string, columns: ModelColumns): Promise<ModelFilter> {
  const node = parsed(filter);
  if (node === undefined) return { matches: () => true, artifact: () => true };
  // Compiled twice, in the same order: first to find out which columns it reads, then to read them.
  const requests: ColumnRequest[] = [];
  modelPredicate(
    node,
    columnTesters(columns, (request) => {
      requests.push(request);
      return emptyColumn;
    }),
  );
  const loaded = (await columns.load(requests)).values();
  const matches = modelPredicate(
    node,
    columnTesters(columns, () => loaded.next().value!),
  );
  return { matches, artifact: artifactPredicate(node) };
}

function columnTesters(columns: ModelColumns, columnOf: (request: ColumnRequest) => Column): RowTesters {
  const tester =
    (of: ColumnRequest["of"]): Tester<number> =>
    (property, literal, test) =>
      testOfColumn(columnOf({ of, property, literal }), test);
  return {
    model: tester("models"),
    artifact: tester("artifacts"),
    someArtifact: (fits) => (row) => columns.someArtifact(row, fits),
  };
}

/**
 * Compiles a filter of other entries.
 *
 * @throws CatalogError INVALID_FILTER
 */
export function compileFilter<Entry extends BaseEntry>(filter: string, fields: FilterFields<Entry>): Predicate<Entry> {
  const node = parsed(filter);
  const tester = entryTester(fields);
  return node === undefined ? () => true : predicate(node, (leaf) => leafPredicate(leaf, leaf.property, tester));
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

function modelPredicate(node: FilterNode, testers: RowTesters): Predicate<number> {
  if (node.node === "or") return any(node.terms.map((term) => modelPredicate(term, testers)));
  if (node.node === "not") {
    const inner = modelPredicate(node.term, testers);
    return (row) => !inner(row);
  }
  const terms = conjuncts(node);
  const onOneArtifact = terms.filter(isArtifactLeaf).map((leaf) => artifactLeaf(leaf, testers.artifact));
  const others = terms
    .filter((term) => !isArtifactLeaf(term))
    .map((term) =>
      term.node === "or" || term.node === "not"
        ? modelPredicate(term, testers)
        : leafPredicate(term as Leaf, (term as Leaf).property, testers.model),
    );
  if (onOneArtifact.length === 0) return all(others);
  return all([...others, testers.someArtifact(all(onOneArtifact))]);
}

function artifactPredicate(node: FilterNode): Predicate<CatalogArtifact> {
  const tester = entryTester(artifactFilterFields);
  const leaves = conjuncts(node).filter(isArtifactLeaf);
  return all(leaves.map((leaf) => artifactLeaf(leaf, tester)));
}

/** The terms that all have to hold, with nested ANDs flattened. */
function conjuncts(node: FilterNode): readonly FilterNode[] {
  return node.node === "and" ? node.terms.flatMap(conjuncts) : [node];
}

function isArtifactLeaf(node: FilterNode): boolean {
  return "property" in node && node.property.name.startsWith(artifactPrefix);
}

function artifactLeaf<Artifact>(node: FilterNode, tester: Tester<Artifact>): Predicate<Artifact> {
  const { property } = node as Leaf;
  const own = { ...property, name: property.name.slice(artifactPrefix.length) };
  return leafPredicate(node as Leaf, own, tester);
}
