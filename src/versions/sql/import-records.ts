import { checkedNew, isId } from "../check-record.ts";
import { type KindName, kinds } from "../kinds/kinds.ts";
import type { CallOptions } from "../ports.ts";
import type { ImportedRecord } from "../record.ts";
import { invalid, VersionsError } from "../versions-error.ts";
import type { Session } from "./executor.ts";
import { slotsOf } from "./insert.ts";
import { propertyRows, rowFromRecord } from "./row.ts";
import { bind, slot } from "./statement.ts";
import { type StoreContext, transaction } from "./store-context.ts";
import { type Table, tableFor } from "./tables.ts";
import { claimExternalId, explained, replaceProperties } from "./write-records.ts";

/** Writes records with their original ids and times, all or none. */
export async function importRecords(
  context: StoreContext,
  records: readonly ImportedRecord[],
  { signal }: CallOptions = {},
): Promise<void> {
  const checked = records.map((record, i) => checkedImport(record, i));
  let current: ImportedRecord | undefined;
  try {
    await transaction(context, { signal }, async (session) => {
      for (const record of checked) {
        current = record;
        await importRecord(context, session, record);
      }
      current = undefined;
      for (const table of new Set(checked.map(({ kind }) => tableFor(kind)))) {
        await context.dialect.afterImport(session, table);
      }
    });
  } catch (error) {
    throw current === undefined
      ? error
      : await explained(context, current.kind, current.fields, current.id, error, signal);
  }
}

function checkedImport(record: ImportedRecord, i: number): ImportedRecord {
  const { kind, id, createTime, updateTime } = record;
  const isTime = (time: number) => Number.isSafeInteger(time) && time >= 0;
  if (!isId(id) || !isTime(createTime) || !isTime(updateTime)) {
    const field = `records[${i}].${isId(id) ? "createTimeSinceEpoch" : "id"}`;
    throw invalid(kind, { field, problem: "value", description: "expected a whole number" });
  }
  return { ...checkedNew(kind, record, `records[${i}].`), kind, id, createTime, updateTime };
}

async function importRecord(context: StoreContext, session: Session, record: ImportedRecord): Promise<void> {
  const { kind, id } = record;
  const { dialect, statements } = context;
  const table = tableFor(kind);
  const row = rowFromRecord(kind, table, record, record);
  if (await isThere(context, session, table, kind, id)) {
    const update = statements.get(`replace ${table.name}`, () =>
      dialect.builder.updateTable(table.name).set(slotsOf(row)).where("id", "=", slot("id")),
    );
    await session.run(bind(update, { ...row, id }));
    await replaceProperties(context, session, table, id, record.properties ?? {});
  } else {
    await dialect.insert(statements, table, { ...row, id }, propertyRows(record.properties ?? {})).run(session);
  }
  const { externalId } = record.fields;
  if (kinds[kind].externalIds === "contexts" && typeof externalId === "string") {
    await claimExternalId(context, session, table, id, externalId);
  }
}

/** Whether a record with this id exists; an artifact of another sort is an error. */
async function isThere(
  { dialect, statements }: StoreContext,
  session: Session,
  table: Table,
  kind: KindName,
  id: string,
): Promise<boolean> {
  const statement = statements.get(`is there ${table.name}`, () =>
    dialect.builder
      .selectFrom(table.name)
      .select(table.shared ? "artifact_type" : "name")
      .where("id", "=", slot("id")),
  );
  const [row] = await session.all(bind(statement, { id }));
  if (row !== undefined && table.shared && row[0] !== kinds[kind].artifactType) {
    const message = `an artifact of another sort has the id ${id}`;
    throw new VersionsError("ALREADY_EXISTS", message, { kind, field: "id", value: id });
  }
  return row !== undefined;
}
