import { type RawBuilder, sql } from "kysely";
import type { NewRegistration, NewRow, RegisteredIds } from "../dialect.ts";
import type { Session } from "../executor.ts";
import { slotsOf } from "../insert.ts";
import { bind, type SqlValue, type Statements, slot } from "../statement.ts";
import { tableFor } from "../tables.ts";
import { builder, sqlStatement } from "./builder.ts";
import { arrayOf, propertiesOf, propertyArrays, unnestedProperties } from "./insert-record.ts";

const models = tableFor("registeredModel");
const versions = tableFor("modelVersion");
const artifacts = tableFor("artifact");

/** Inserts a version, its model where that is new, its artifacts, and the properties of all of them by one statement. */
export async function insertRegistration(
  session: Pick<Session, "all">,
  statements: Statements,
  registration: NewRegistration,
): Promise<RegisteredIds> {
  const parts = partsOf(registration);
  const statement = statements.get(`register ${Object.values(parts)}`, () =>
    sqlStatement(registering(registration, parts)),
  );
  const [made, ...others] = await session.all(bind(statement, valuesOf(registration)));
  const ids = new Map(others.map(([id, , type, name]) => [`${type} ${name}`, String(id)]));
  return {
    model: String(made![0]),
    version: String(made![1]),
    artifacts: registration.artifacts.map(({ row }) => ids.get(`${row.artifact_type} ${row.name}`)!),
  };
}

/** The parts of a registration that its statement depends on; everything else is in the values. */
function partsOf({ model, version, artifacts }: NewRegistration) {
  return {
    newModel: typeof model !== "string",
    modelProperties: typeof model !== "string" && model.properties.length > 0,
    versionProperties: version.properties.length > 0,
    artifacts: artifacts.length > 0,
    artifactProperties: artifacts.some(({ properties }) => properties.length > 0),
  };
}

function registering({ model, version, artifacts: [artifact] }: NewRegistration, parts: ReturnType<typeof partsOf>) {
  const newModel =
    typeof model === "string"
      ? sql`select ${slot("model")}::int8 as id`
      : builder.insertInto(models.name).values(slotsOf(model.row, "model.")).returning("id");
  const newVersion = builder
    .insertInto(versions.name)
    .values({ ...slotsOf(version.row, "version."), registered_model_id: sql<SqlValue>`(select id from model)` })
    .returning("id");
  const inserts = [
    sql`model as (${newModel})`,
    sql`version as (${newVersion})`,
    ...(parts.modelProperties ? [sql`model_properties as (${propertiesOf(models, sql`model`, "model.")})`] : []),
    ...(parts.versionProperties
      ? [sql`version_properties as (${propertiesOf(versions, sql`version`, "version.")})`]
      : []),
    ...(artifact === undefined ? [] : [sql`artifact as (${artifactRows(artifact)})`]),
    ...(parts.artifactProperties ? [sql`artifact_properties as (${artifactProperties})`] : []),
  ];
  const made = sql`select model.id, version.id, null, null from model, version`;
  const madeArtifacts = sql`union all select id, null, artifact_type, name from artifact`;
  return sql`with ${sql.join(inserts)} ${made} ${artifact === undefined ? sql`` : madeArtifacts}`;
}

/**
 * All artifacts are one parameter, so that the statement does not depend on their number. They are inserted in order.
 */
function artifactRows({ row }: NewRow): RawBuilder<unknown> {
  const names = Object.keys(row).filter((name) => name !== "model_version_id");
  const columns = sql.join(names.map((name) => sql.ref(name)));
  const table = sql.table(artifacts.name);
  return sql`insert into ${table} (model_version_id, ${columns})
    select (select id from version), ${columns} from json_populate_recordset(null::${table}, ${slot("artifacts")}::json)
    returning id, artifact_type, name`;
}

/** Sort and name identify an artifact of a version. */
const artifactProperties = sql`insert into ${sql.table(artifacts.properties)} (entity_id, key, type, string_value, long_value, number_value)
  select artifact.id, p.key, p.type, p.string_value, p.long_value, p.number_value
  from rows from (unnest(${slot("artifactTypes")}::text[], ${slot("artifactNames")}::text[]), ${unnestedProperties("artifact.")})
    as p(artifact_type, name, key, type, string_value, long_value, number_value)
  join artifact on artifact.artifact_type = p.artifact_type and artifact.name = p.name`;

function valuesOf({ model, version, artifacts }: NewRegistration): Record<string, SqlValue> {
  const owners = artifacts.flatMap(({ row, properties }) => properties.map(() => row));
  return {
    ...(typeof model === "string" ? { model } : rowValues(model, "model.")),
    ...rowValues(version, "version."),
    artifacts: JSON.stringify(artifacts.map(({ row }) => row)),
    artifactTypes: arrayOf(owners.map(({ artifact_type }) => artifact_type!)),
    artifactNames: arrayOf(owners.map(({ name }) => name!)),
    ...propertyArrays(
      artifacts.flatMap(({ properties }) => properties),
      "artifact.",
    ),
  };
}

function rowValues({ row, properties }: NewRow, prefix: string): Record<string, SqlValue> {
  const values = Object.entries(row).map(([column, value]) => [`${prefix}${column}`, value]);
  return { ...Object.fromEntries(values), ...propertyArrays(properties, prefix) };
}
