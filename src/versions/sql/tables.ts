import type { Field, FieldType } from "../kinds/field.ts";
import { artifactKinds, type KindName, kindNames, kinds } from "../kinds/kinds.ts";
import type { KindOrArtifact } from "../ports.ts";

/** A column that holds a field. */
export interface Column {
  readonly name: string;
  readonly type: FieldType;
  readonly limit: number;
  readonly references: KindName | undefined;
  readonly since: number;
}

/** The table of a kind, or of all artifacts. */
export interface Table {
  readonly name: string;
  /** Rows of custom properties: `(entity_id, key, type, string_value, long_value, number_value)`. */
  readonly properties: string;
  readonly kinds: readonly KindName[];
  /** Whether a column `artifact_type` says of which kind a row is. */
  readonly shared: boolean;
  /** The columns of fields beside id, name, times, revision and properties; of artifacts, those of all sorts. */
  readonly columns: readonly Column[];
  /** The column within whose value names are unique. */
  readonly scope: string | undefined;
  /** The schema version that brought it. */
  readonly since: number;
}

/** The fields that every table has in columns of a fixed place. */
const fixed: ReadonlySet<string> = new Set(["id", "name", "createTimeSinceEpoch", "lastUpdateTimeSinceEpoch"]);

function columnOf(field: Field): Column {
  const { column, type, limit, references, since } = field;
  return { name: column, type, limit, references: references as KindName | undefined, since };
}

function tableOf(name: string, names: readonly KindName[]): Table {
  const columns = new Map<string, Column>();
  for (const field of names.flatMap((kind) => kinds[kind].fields)) {
    if (!fixed.has(field.name) && !columns.has(field.column)) columns.set(field.column, columnOf(field));
  }
  const first = kinds[names[0]!];
  return {
    name,
    properties: `${name}_property`,
    kinds: names,
    shared: first.artifactType !== undefined,
    columns: [...columns.values()],
    scope: first.uniqueWithin === undefined ? undefined : first.byName.get(first.uniqueWithin)!.column,
    since: Math.min(...names.map((kind) => kinds[kind].since ?? 1)),
  };
}

/** Every table, parents before their children. */
export const tables: readonly Table[] = [...new Set(kindNames.map((kind) => kinds[kind].table))].map((name) =>
  tableOf(
    name,
    kindNames.filter((kind) => kinds[kind].table === name),
  ),
);

const byKind = new Map<KindOrArtifact, Table>(tables.flatMap((table) => table.kinds.map((kind) => [kind, table])));
byKind.set("artifact", byKind.get(artifactKinds[0]!)!);

/** The table that holds a kind. */
export function tableFor(kind: KindOrArtifact): Table {
  return byKind.get(kind)!;
}

/** Columns of records that refer to a table. */
export function referencesTo(target: Table): readonly { readonly table: Table; readonly column: string }[] {
  return tables.flatMap((table) =>
    table.columns
      .filter(({ references }) => references !== undefined && tableFor(references) === target)
      .map(({ name }) => ({ table, column: name })),
  );
}

/** Aliases of models, and the external ids of the kinds that share one space of them. */
export const aliasTable = "kmr_alias";
export const externalIdTable = "kmr_external_id";
