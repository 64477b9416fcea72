import { sql } from "kysely";
import { checkedChanges, checkedNew } from "../check-record.ts";
import type { Kind } from "../kinds/kind.ts";
import { type KindName, kinds } from "../kinds/kinds.ts";
import type { CallOptions, KindOrArtifact, UpdateOptions } from "../ports.ts";
import { propertiesToJson } from "../property-value.ts";
import type { FieldValues, NewRecord, RecordChanges, VersionRecord } from "../record.ts";
import { ifFound, VersionsError } from "../versions-error.ts";
import type { Session } from "./executor.ts";
import { withRetries } from "./faults.ts";
import { slotsOf } from "./insert.ts";
import { getRecord, notFound, wordsOf } from "./read-records.ts";
import { columnValue, propertyRows, rowFromRecord } from "./row.ts";
import { refuseOtherModel } from "./same-model.ts";
import { bind, type SqlValue, slot } from "./statement.ts";
import { reader, type StoreContext, transaction } from "./store-context.ts";
import { aliasTable, externalIdTable, referencesTo, type Table, tableFor, tables } from "./tables.ts";

/** Creates a checked or unchecked record. */
export async function createRecord(
  context: StoreContext,
  kind: KindName,
  record: NewRecord,
  { signal }: CallOptions = {},
): Promise<VersionRecord> {
  const checked = checkedNew(kind, record);
  const insert = insertOf(context, kind, checked);
  try {
    // A database that inserts by one statement needs no transaction around it.
    if (insert.statements === "one" && !sharesExternalId(kind, checked.fields)) {
      const session = { all: (query: Parameters<Session["all"]>[0]) => context.executor.all(query, signal) };
      await refuseOtherModel(context, reader(context, signal), kind, checked.fields);
      return insert.record(await withRetries(context.dialect, { signal }, () => insert.run(session)));
    }
    return await transaction(context, { signal }, (session) => insertRecord(context, session, kind, checked));
  } catch (error) {
    throw await explained(context, kind, checked.fields, undefined, error, signal);
  }
}

/** Inserts a record that is checked, within a transaction. */
export async function insertRecord(
  context: StoreContext,
  session: Session,
  kind: KindName,
  checked: NewRecord,
): Promise<VersionRecord> {
  await refuseOtherModel(context, session, kind, checked.fields);
  const insert = insertOf(context, kind, checked);
  const id = await insert.run(session);
  if (sharesExternalId(kind, checked.fields)) {
    await claimExternalId(context, session, tableFor(kind), id, checked.fields.externalId as string);
  }
  return insert.record(id);
}

function insertOf({ dialect, statements, now }: StoreContext, kind: KindName, checked: NewRecord) {
  const { row, properties, record } = newRow(kind, checked, now());
  const { statements: count, run } = dialect.insert(statements, tableFor(kind), row, properties);
  return { statements: count, run, record };
}

/** The row of a new record that is checked, and the record once it has an id and, where they were not known, parents. */
export function newRow(kind: KindName, checked: NewRecord, time: number) {
  const times = { createTime: time, updateTime: time };
  const row = rowFromRecord(kind, tableFor(kind), checked, times);
  const { name, ...fields } = checked.fields;
  const record = (id: string, parents: FieldValues = {}): VersionRecord => ({
    kind,
    id,
    name: name as string,
    ...times,
    revision: 1,
    properties: row.properties as string,
    fields: { ...fields, ...parents },
  });
  return { row, properties: propertyRows(checked.properties ?? {}), record };
}

/** Changes a record that is locked meanwhile. */
export async function updateRecord(
  context: StoreContext,
  kind: KindOrArtifact,
  id: string,
  changes: RecordChanges,
  { signal, ...options }: UpdateOptions = {},
): Promise<VersionRecord> {
  let found: VersionRecord | undefined;
  try {
    return await transaction(context, { signal }, async (session) => {
      found = await lockedRecord(context, session, kind, id, options);
      return await changeRecord(context, session, found, changes);
    });
  } catch (error) {
    if (found === undefined) throw error;
    throw await explained(context, found.kind, changes.fields, found.id, error, signal);
  }
}

async function lockedRecord(
  context: StoreContext,
  session: Session,
  kind: KindOrArtifact,
  id: string,
  { expectedRevision, where = {} }: Omit<UpdateOptions, "signal">,
): Promise<VersionRecord> {
  const record = await getRecord(context, session, kind, { id }, { forUpdate: true });
  if (Object.entries(where).some(([field, value]) => record.fields[field] !== value)) throw notFound(kind, { id });
  if (expectedRevision !== undefined && expectedRevision !== record.revision) {
    const message = `the ${wordsOf(kind)} with id ${id} has changed in the meantime: read it again`;
    throw new VersionsError("REVISION_MOVED", message, { kind, id, revision: record.revision });
  }
  return record;
}

/** Changes a record that the transaction has locked. */
async function changeRecord(
  context: StoreContext,
  session: Session,
  found: VersionRecord,
  changes: RecordChanges,
): Promise<VersionRecord> {
  const { kind, id } = found;
  const { fields, properties } = checkedChanges(kind, changes);
  await refuseOtherModel(context, session, kind, { ...found.fields, ...fields });
  const table = tableFor(kind);
  const updateTime = Math.max(context.now(), found.updateTime);
  const row: Record<string, SqlValue> = { update_time: String(updateTime) };
  for (const [name, value] of Object.entries(fields)) row[kinds[kind].byName.get(name)!.column] = columnValue(value);
  if (properties !== undefined) row.properties = propertiesToJson(properties);
  const columns = Object.keys(row).sort();
  const update = context.statements.get(`update ${table.name} ${columns.join()}`, () =>
    context.dialect.builder
      .updateTable(table.name)
      .set({
        ...slotsOf(Object.fromEntries(columns.map((column) => [column, null]))),
        revision: sql<number>`revision + 1`,
      })
      .where("id", "=", slot("id")),
  );
  await session.run(bind(update, { ...row, id }));
  if (properties !== undefined) await replaceProperties(context, session, table, id, properties);
  if (sharesExternalId(kind, fields)) {
    await claimExternalId(context, session, table, id, fields.externalId as string);
  }
  return {
    ...found,
    updateTime,
    revision: found.revision + 1,
    properties: properties === undefined ? found.properties : (row.properties as string),
    fields: changedFields(found.fields, fields),
  };
}

function changedFields(before: FieldValues, changes: RecordChanges["fields"]): FieldValues {
  return Object.fromEntries(
    Object.entries({ ...before, ...changes }).filter(([, value]) => value !== null),
  ) as FieldValues;
}

export async function replaceProperties(
  context: StoreContext,
  session: Session,
  table: Table,
  id: string,
  properties: NonNullable<NewRecord["properties"]>,
): Promise<void> {
  const clear = context.statements.get(`clear ${table.properties}`, () =>
    context.dialect.builder.deleteFrom(table.properties).where("entity_id", "=", slot("id")),
  );
  await session.run(bind(clear, { id }));
  const { dialect, statements } = context;
  await dialect.insertProperties(session, statements, table, id, propertyRows(properties));
}

/** Creates a record or changes the one with its name. */
export async function upsertRecord(
  context: StoreContext,
  kind: KindName,
  record: NewRecord,
  { signal }: CallOptions = {},
): Promise<{ record: VersionRecord; created: boolean }> {
  const checked = checkedNew(kind, record);
  const { uniqueWithin } = kinds[kind];
  const parentId = uniqueWithin === undefined ? undefined : (checked.fields[uniqueWithin] as string | undefined);
  const key = { name: checked.fields.name as string, ...(parentId === undefined ? {} : { parentId }) };
  try {
    return await transaction(context, { signal, retryRaces: true }, async (session) => {
      const found = await ifFound(getRecord(context, session, kind, key, { forUpdate: true }));
      if (found === undefined) return { record: await insertRecord(context, session, kind, checked), created: true };
      return { record: await changeRecord(context, session, found, changesOf(kinds[kind], record)), created: false };
    });
  } catch (error) {
    throw await explained(context, kind, checked.fields, undefined, error, signal);
  }
}

/** A new record as changes to one that is there: what cannot be changed is left out, for it is equal. */
function changesOf(kind: Kind, record: NewRecord): RecordChanges {
  const fields = Object.fromEntries(Object.entries(record.fields).filter(([name]) => kind.byName.get(name)?.mutable));
  return record.properties === undefined ? { fields } : { fields, properties: record.properties };
}

export async function deleteRecord(
  context: StoreContext,
  kind: KindOrArtifact,
  id: string,
  { signal, ...options }: UpdateOptions = {},
): Promise<void> {
  const table = tableFor(kind);
  const { builder } = context.dialect;
  // A record that refers to it may be made meanwhile: the next try says so.
  await transaction(context, { signal, retryRaces: true }, async (session) => {
    const found = await lockedRecord(context, session, kind, id, options);
    await refuseReferenced(context, session, table, found);
    await releaseExternalId(context, session, table, id);
    const remove = context.statements.get(`delete ${table.name}`, () =>
      builder.deleteFrom(table.name).where("id", "=", slot("id")),
    );
    await session.run(bind(remove, { id }));
  });
}

async function refuseReferenced(
  context: StoreContext,
  session: Pick<Session, "all">,
  table: Table,
  { kind, id }: VersionRecord,
): Promise<void> {
  const count = (from: string, column: string) => {
    const statement = context.statements.get(`references ${from} ${column}`, () =>
      context.dialect.builder.selectFrom(from).select(sql<SqlValue>`count(*)`.as("n")).where(column, "=", slot("id")),
    );
    return session.all(bind(statement, { id })).then(([row]) => Number(row![0]));
  };
  const by: { kind: KindName | "alias"; count: number }[] = [];
  for (const { table: from, column } of referencesTo(table)) {
    by.push({ kind: from.kinds[0]!, count: await count(from.name, column) });
  }
  if (kind === "modelVersion") by.push({ kind: "alias", count: await count(aliasTable, "model_version_id") });
  const found = by.filter((one) => one.count > 0);
  if (found.length === 0) return;
  const words = found.map((one) => `${one.count} × ${referrerWords(one.kind)}`);
  const message = `the ${wordsOf(kind)} with id ${id} is still referred to by ${words.join(", ")}`;
  throw new VersionsError("STILL_REFERENCED", message, { kind, id, by: found });
}

function referrerWords(kind: KindName | "alias"): string {
  return kind === "alias" ? "alias" : kinds[kind].artifactType === undefined ? kinds[kind].words : "artifact";
}

/** Whether an external id is unique among several tables, which no index of one table sees. */
export function sharesExternalId(kind: KindName, fields: Readonly<Record<string, unknown>>): boolean {
  const alone = tables.every(
    (table) => table === tableFor(kind) || kinds[table.kinds[0]!].externalIds !== kinds[kind].externalIds,
  );
  return !alone && typeof fields.externalId === "string";
}

export async function claimExternalId(
  context: StoreContext,
  session: Session,
  table: Table,
  id: string,
  externalId: string,
): Promise<void> {
  const claim = context.statements.get("claim external id", () =>
    context.dialect.builder
      .insertInto(externalIdTable)
      .values({ external_id: slot("externalId"), table_name: slot("table"), entity_id: slot("id") }),
  );
  await releaseExternalId(context, session, table, id);
  await session.run(bind(claim, { externalId, table: table.name, id }));
}

async function releaseExternalId({ statements, dialect }: StoreContext, session: Session, table: Table, id: string) {
  const release = statements.get("release external id", () =>
    dialect.builder
      .deleteFrom(externalIdTable)
      .where("table_name", "=", slot("table"))
      .where("entity_id", "=", slot("id")),
  );
  await session.run(bind(release, { table: table.name, id }));
}

/**
 * What a violated constraint means, by looking for the record that is in the way or the one that is missing. `id` is that
 * of the record itself where it exists.
 */
export async function explained(
  context: StoreContext,
  kind: KindName,
  fields: RecordChanges["fields"],
  id: string | undefined,
  error: unknown,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const fault = context.dialect.faultOf(error);
  if (fault === "foreign-key") return (await missingParent(context, kind, fields, signal)) ?? error;
  if (fault !== "unique") return error;
  const { externalId, name } = fields;
  if (typeof externalId === "string" && (await isTaken(context, kind, externalId, id, signal))) {
    return taken(kind, "externalId", externalId);
  }
  return typeof name === "string" ? taken(kind, "name", name) : error;
}

export function taken(kind: KindName, field: "name" | "externalId", value: string): VersionsError {
  const message = `${kinds[kind].words} with ${field} ${value} already exists`;
  return new VersionsError("ALREADY_EXISTS", message, { kind, field, value });
}

async function isTaken(
  context: StoreContext,
  kind: KindName,
  externalId: string,
  id: string | undefined,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const { dialect, statements } = context;
  const own = tableFor(kind);
  for (const table of tables) {
    if (kinds[table.kinds[0]!].externalIds !== kinds[kind].externalIds) continue;
    const statement = statements.get(`external id ${table.name}`, () =>
      dialect.builder
        .selectFrom(table.name)
        .select(dialect.read("id", "id").as("id"))
        .where("external_id", "=", slot("externalId")),
    );
    const rows = await reader(context, signal).all(bind(statement, { externalId }));
    if (rows.some(([other]) => table !== own || String(other) !== id)) return true;
  }
  return false;
}

/** The error for the first reference whose record does not exist; undefined when all exist by now. */
export async function missingParent(
  context: StoreContext,
  kind: KindName,
  fields: RecordChanges["fields"],
  signal: AbortSignal | undefined,
): Promise<VersionsError | undefined> {
  for (const { name, references } of kinds[kind].parents) {
    const id = fields[name];
    if (typeof id !== "string") continue;
    const parentKind = references as KindName;
    if (await ifFound(getRecord(context, reader(context, signal), parentKind, { id }))) continue;
    const message = `${name}: no ${wordsOf(parentKind)} with id ${id}`;
    return new VersionsError("PARENT_NOT_FOUND", message, { kind, field: name, parentKind, id });
  }
  return undefined;
}
