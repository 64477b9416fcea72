import { FilterError } from "../../base/filter/filter-error.ts";
import type { FilterNode } from "../../base/filter/filter-tree.ts";
import { parseFilter } from "../../base/filter/parse-filter.ts";
import { CatalogError } from "../catalog-error.ts";
import type { BaseEntry, CatalogArtifact, CatalogModel } from "../entries/entry.ts";
import { artifactFilterFields, type FilterFields, modelFilterFields, readerOf } from "./filter-fields.ts";
import { all, any, type Leaf, leafPredicate, type Predicate, type ReaderOf } from "./leaf-predicate.ts";
import type { Column, ColumnRequest, ModelColumns } from "./model-columns.ts";

/** A filter of models, or of what stands for them, ready for use. */
export interface ModelFilter<Model = CatalogModel> {
  readonly matches: Predicate<Model>;
  /** Of the artifacts of a model, those that fit the conditions on artifacts that all have to hold. */
  readonly artifact: Predicate<CatalogArtifact>;
}

const artifactPrefix = "artifacts.";

/** How the properties of models and of their artifacts are read, whatever stands for either. */
interface ModelReaders<Model, Artifact> {
  readonly model: ReaderOf<Model>;
  readonly artifact: ReaderOf<Artifact>;
  readonly someArtifact: (fits: Predicate<Artifact>) => Predicate<Model>;
}

const entryReaders: ModelReaders<CatalogModel, CatalogArtifact> = {
  model: (property, literal) => readerOf(modelFilterFields, property, literal),
  artifact: (property, literal) => readerOf(artifactFilterFields, property, literal),
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
  return { matches: modelPredicate(node, entryReaders), artifact: artifactPredicate(node) };
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
    columnReaders(columns, (request) => {
      requests.push(request);
      return [];
    }),
  );
  const loaded = (await columns.load(requests)).values();
  const matches = modelPredicate(
    node,
    columnReaders(columns, () => loaded.next().value!),
  );
  return { matches, artifact: artifactPredicate(node) };
}

function columnReaders(
  columns: ModelColumns,
  columnOf: (request: ColumnRequest) => Column,
): ModelReaders<number, number> {
  const reader =
    (of: ColumnRequest["of"]): ReaderOf<number> =>
    (property, literal) => {
      const column = columnOf({ of, property, literal });
      return (at) => column[at];
    };
  return {
    model: reader("models"),
    artifact: reader("artifacts"),
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
  const read: ReaderOf<Entry> = (property, literal) => readerOf(fields, property, literal);
  return node === undefined ? () => true : predicate(node, (leaf) => leafPredicate(leaf, leaf.property, read));
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

function modelPredicate<Model, Artifact>(node: FilterNode, readers: ModelReaders<Model, Artifact>): Predicate<Model> {
  if (node.node === "or") return any(node.terms.map((term) => modelPredicate(term, readers)));
  if (node.node === "not") {
    const inner = modelPredicate(node.term, readers);
    return (model) => !inner(model);
  }
  const terms = conjuncts(node);
  const onOneArtifact = terms.filter(isArtifactLeaf).map((leaf) => artifactLeaf(leaf, readers.artifact));
  const others = terms
    .filter((term) => !isArtifactLeaf(term))
    .map((term) =>
      term.node === "or" || term.node === "not"
        ? modelPredicate(term, readers)
        : leafPredicate(term as Leaf, (term as Leaf).property, readers.model),
    );
  if (onOneArtifact.length === 0) return all(others);
  return all([...others, readers.someArtifact(all(onOneArtifact))]);
}

function artifactPredicate(node: FilterNode): Predicate<CatalogArtifact> {
  const leaves = conjuncts(node).filter(isArtifactLeaf);
  return all(leaves.map((leaf) => artifactLeaf(leaf, entryReaders.artifact)));
}

/** The terms that all have to hold, ANDs within ANDs laid open. */
function conjuncts(node: FilterNode): readonly FilterNode[] {
  return node.node === "and" ? node.terms.flatMap(conjuncts) : [node];
}

function isArtifactLeaf(node: FilterNode): boolean {
  return "property" in node && node.property.name.startsWith(artifactPrefix);
}

function artifactLeaf<Artifact>(node: FilterNode, readerOf: ReaderOf<Artifact>): Predicate<Artifact> {
  const { property } = node as Leaf;
  const own = { ...property, name: property.name.slice(artifactPrefix.length) };
  return leafPredicate(node as Leaf, own, readerOf);
}
