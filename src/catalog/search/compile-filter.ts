import { FilterError, type FilterNode } from "../../base/filter/filter-tree.ts";
import { parseFilter } from "../../base/filter/parse-filter.ts";
import { CatalogError } from "../catalog-error.ts";
import type { BaseEntry, CatalogArtifact, CatalogModel } from "../entries/entry.ts";
import { artifactFilterFields, type FilterFields, modelFilterFields, readerOf } from "./filter-fields.ts";
import { all, any, type Leaf, leafPredicate, type Predicate, type Tester } from "./leaf-predicate.ts";
import { type Column, type ColumnRequest, emptyColumn, type ModelColumns, testOfColumn } from "./model-columns.ts";

/** A filter of models, or of what stands for them, ready for use. */
export interface ModelFilter<Model = CatalogModel> {
  readonly matches: Predicate<Model>;
  /** Of the artifacts of a model, those that fit the conditions on artifacts that all have to hold. */
  readonly artifact: Predicate<CatalogArtifact>;
}

const artifactPrefix = "artifacts.";

/** How the properties of models and of their artifacts are tested, whatever stands for either. */
interface ModelTesters<Model, Artifact> {
  readonly model: Tester<Model>;
  readonly artifact: Tester<Artifact>;
  readonly someArtifact: (fits: Predicate<Artifact>) => Predicate<Model>;
}

/** Tests entries themselves. */
function entryTester<Entry extends BaseEntry>(fields: FilterFields<Entry>): Tester<Entry> {
  return (property, literal, test) => {
    const read = readerOf(fields, property, literal);
    return (entry) => test(read(entry));
  };
}

const entryTesters: ModelTesters<CatalogModel, CatalogArtifact> = {
  model: entryTester(modelFilterFields),
  artifact: entryTester(artifactFilterFields),
  someArtifact:
    (fits) =>
    ({ artifacts }) =>
      artifacts.some(fits),
};

/**
 * Makes a filter of models ready for use. Conditions on `artifacts.` that are joined by AND have to hold of one and the
 * same artifact; NOT before one says that no artifact fits it.
 *
 * @throws CatalogError INVALID_FILTER
 */
export function compileModelFilter(filter: string): ModelFilter {
  const node = parsed(filter);
  if (node === undefined) return { matches: () => true, artifact: () => true };
  return { matches: modelPredicate(node, entryTesters), artifact: artifactPredicate(node) };
}

/**
 * The same for the rows of an index, which is read in the place of entries.
 *
 * @throws CatalogError INVALID_FILTER
 */
export async function compileIndexedFilter(filter: string, columns: ModelColumns): Promise<ModelFilter<number>> {
  const node = parsed(filter);
  if (node === undefined) return { matches: () => true, artifact: () => true };
  // Made twice, in the same order: first to learn which columns it reads, and then to read them.
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

function columnTesters(
  columns: ModelColumns,
  columnOf: (request: ColumnRequest) => Column,
): ModelTesters<number, number> {
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
 * Makes a filter of other entries ready for use.
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

function modelPredicate<Model, Artifact>(node: FilterNode, testers: ModelTesters<Model, Artifact>): Predicate<Model> {
  if (node.node === "or") return any(node.terms.map((term) => modelPredicate(term, testers)));
  if (node.node === "not") {
    const inner = modelPredicate(node.term, testers);
    return (model) => !inner(model);
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
  const leaves = conjuncts(node).filter(isArtifactLeaf);
  return all(leaves.map((leaf) => artifactLeaf(leaf, entryTesters.artifact)));
}

/** The terms that all have to hold, ANDs within ANDs laid open. */
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
