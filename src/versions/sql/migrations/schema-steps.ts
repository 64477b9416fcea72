import { type CompiledQuery, type CreateTableBuilder, sql } from "kysely";
import type { Dialect, MigrationStep } from "../dialect.ts";
import { indexedCharacters } from "../row.ts";
import { once } from "../statement.ts";
import { aliasTable, type Column, externalIdTable, type Table, tableFor, tables } from "../tables.ts";

type TableBuilder = CreateTableBuilder<string, string>;

/** The steps of a schema version: the tables of kinds and the columns of fields that came with it. */
export function stepsOfKinds(dialect: Dialect, version: number): MigrationStep[] {
  return tables.flatMap((table) => {
    const columns = table.columns.filter(({ since }) => since === version);
    if (table.since === version) return newTable(dialect, table, columns);
    return table.since > version ? [] : columns.map((column) => newColumn(dialect, table, column));
  });
}

function step(query: { compile(): CompiledQuery }, table: string, part?: MigrationStep["part"]): MigrationStep {
  return { query: once(query), table, part };
}

function createTable(dialect: Dialect, name: string): TableBuilder {
  return dialect.builder.schema.createTable(name).modifyEnd(dialect.tableOptions) as TableBuilder;
}

function createIndex(
  { builder }: Dialect,
  table: string,
  columns: readonly string[],
  options: { readonly unique?: boolean; readonly where?: string } = {},
): MigrationStep {
  const name = `${table}_${columns.join("_")}`.slice(0, 63);
  let index = builder.schema
    .createIndex(name)
    .on(table)
    .columns([...columns]);
  if (options.unique) index = index.unique();
  if (options.where !== undefined) index = index.where(sql.ref(options.where), "is not", null);
  return step(index, table, { type: "index", name });
}

function newTable(dialect: Dialect, table: Table, columns: readonly Column[]): MigrationStep[] {
  const type = dialect.columnType;
  let create = createTable(dialect, table.name)
    .addColumn("id", type("id", 0))
    .addColumn("name", type("string", 255), (column) => column.notNull())
    .addColumn("create_time", type("time", 0), (column) => column.notNull())
    .addColumn("update_time", type("time", 0), (column) => column.notNull())
    .addColumn("revision", type("int64", 0), (column) => column.notNull().defaultTo(1))
    .addColumn("properties", type("json", 2 ** 27), (column) => column.notNull());
  if (table.shared) create = create.addColumn("artifact_type", type("enum", 32), (column) => column.notNull());
  for (const column of columns) create = create.addColumn(column.name, type(column.type, column.limit));
  const parents = columns.filter(({ references }) => references !== undefined);
  for (const { name, references } of parents) {
    create = create.addForeignKeyConstraint(`${table.name}_${name}_fkey`, [name], tableFor(references!).name, ["id"]);
  }
  const names = [
    ...(table.scope === undefined ? [] : [table.scope]),
    ...(table.shared ? ["artifact_type"] : []),
    "name",
  ];
  return [
    step(create, table.name),
    createIndex(dialect, table.name, names, { unique: true }),
    createIndex(dialect, table.name, ["external_id"], { unique: true }),
    createIndex(dialect, table.name, ["create_time", "id"]),
    createIndex(dialect, table.name, ["update_time", "id"]),
    ...(table.shared ? [createIndex(dialect, table.name, ["artifact_type", "id"])] : []),
    ...parents.map(({ name }) => createIndex(dialect, table.name, [name, "id"])),
    ...newPropertyTable(dialect, table),
  ];
}

function newPropertyTable(dialect: Dialect, table: Table): MigrationStep[] {
  const type = dialect.columnType;
  const create = createTable(dialect, table.properties)
    .addColumn("entity_id", type("reference", 0), (column) => column.notNull())
    .addColumn("key", type("string", 255), (column) => column.notNull())
    .addColumn("type", type("small", 0), (column) => column.notNull())
    .addColumn("string_value", type("string", indexedCharacters))
    .addColumn("long_value", type("string", 65_536))
    .addColumn("number_value", type("double", 0))
    .addPrimaryKeyConstraint(`${table.properties}_pkey`, ["entity_id", "key"])
    .addForeignKeyConstraint(`${table.properties}_entity_fkey`, ["entity_id"], table.name, ["id"], (key) =>
      key.onDelete("cascade"),
    );
  const where = (column: string) => (dialect.partialIndexes ? { where: column } : {});
  return [
    step(create, table.properties),
    createIndex(dialect, table.properties, ["key", "string_value", "entity_id"], where("string_value")),
    createIndex(dialect, table.properties, ["key", "number_value", "entity_id"], where("number_value")),
    ...dialect
      .propertyStatistics(table.properties)
      .map((statement) => step({ compile: () => statement.compile(dialect.builder) }, table.properties)),
  ];
}

function newColumn({ builder, columnType }: Dialect, table: Table, column: Column): MigrationStep {
  const alter = builder.schema.alterTable(table.name).addColumn(column.name, columnType(column.type, column.limit));
  return step(alter, table.name, { type: "column", name: column.name });
}

/** Aliases of models, and the one space of external ids that several kinds share. */
export function sharedTables(dialect: Dialect): MigrationStep[] {
  const type = dialect.columnType;
  const alias = createTable(dialect, aliasTable)
    .addColumn("registered_model_id", type("reference", 0), (column) => column.notNull())
    .addColumn("alias", type("string", 63), (column) => column.notNull())
    .addColumn("model_version_id", type("reference", 0), (column) => column.notNull())
    .addColumn("update_time", type("time", 0), (column) => column.notNull())
    .addPrimaryKeyConstraint(`${aliasTable}_pkey`, ["registered_model_id", "alias"])
    .addForeignKeyConstraint(`${aliasTable}_model_fkey`, ["registered_model_id"], tableFor("registeredModel").name, [
      "id",
    ])
    .addForeignKeyConstraint(`${aliasTable}_version_fkey`, ["model_version_id"], tableFor("modelVersion").name, ["id"]);
  const externalId = createTable(dialect, externalIdTable)
    .addColumn("external_id", type("string", 255), (column) => column.notNull())
    .addColumn("table_name", type("enum", 63), (column) => column.notNull())
    .addColumn("entity_id", type("reference", 0), (column) => column.notNull())
    .addPrimaryKeyConstraint(`${externalIdTable}_pkey`, ["external_id"]);
  return [
    step(alias, aliasTable),
    createIndex(dialect, aliasTable, ["model_version_id"]),
    step(externalId, externalIdTable),
    createIndex(dialect, externalIdTable, ["table_name", "entity_id"], { unique: true }),
  ];
}
