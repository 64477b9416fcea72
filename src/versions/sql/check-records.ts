import { sql } from "kysely";
import { kinds } from "../kinds/kinds.ts";
import { propertiesFromJson } from "../property-value.ts";
import type { VersionRecord } from "../record.ts";
import type { ConnectedDatabase } from "./dialect.ts";
import type { Row } from "./executor.ts";
import { listRecords } from "./read-records.ts";
import { type PropertyRow, propertyColumns, propertyRows } from "./row.ts";
import { once, Statements } from "./statement.ts";
import type { StoreContext } from "./store-context.ts";
import { streamPages } from "./stream-pages.ts";
import { type Table, tableFor, tables } from "./tables.ts";

/** An inconsistency. */
export interface Finding {
  /** `registered model 7`. */
  readonly record: string;
  readonly problem: string;
}

const batch = 500;
const maxFindings = 100;

/** Compares every record with its rows of properties, and every reference with the record that it names. */
export async function checkRecords(
  { executor, dialect }: ConnectedDatabase,
  progress: (records: number) => void,
): Promise<{ records: number; findings: readonly Finding[] }> {
  const context: StoreContext = { executor, dialect, statements: new Statements(), now: Date.now };
  const findings: Finding[] = [];
  let records = 0;
  for (const table of tables) {
    findings.push(...(await orphans(context, table)));
    const kind = table.shared ? "artifact" : table.kinds[0]!;
    for await (const page of streamPages((query) => listRecords(context, kind, query), {}, batch)) {
      findings.push(...(await propertyFindings(context, table, page)));
      records += page.length;
      progress(records);
      if (findings.length >= maxFindings) break;
    }
  }
  return { records, findings: findings.slice(0, maxFindings) };
}

async function propertyFindings(
  { executor, dialect }: StoreContext,
  table: Table,
  records: readonly VersionRecord[],
): Promise<Finding[]> {
  if (records.length === 0) return [];
  const query = dialect.builder
    .selectFrom(table.properties)
    .select([dialect.read("entity_id", "reference").as("entity_id"), ...propertyColumns])
    .where(
      "entity_id",
      "in",
      records.map(({ id }) => id),
    );
  const rows = Map.groupBy(await executor.all(once(query), undefined), ([id]) => String(id));
  return records.flatMap((record) => {
    const expected = readable(record);
    if (expected === undefined) return [{ record: nameOf(record), problem: "its properties are not JSON" }];
    const found = new Set((rows.get(record.id) ?? []).map(rowText));
    const same = expected.length === found.size && expected.every((row) => found.has(propertyText(row)));
    return same ? [] : [{ record: nameOf(record), problem: "filters see other properties than the record has" }];
  });
}

function readable({ properties }: VersionRecord): PropertyRow[] | undefined {
  try {
    return propertyRows(propertiesFromJson(properties));
  } catch {
    return undefined;
  }
}

function propertyText(row: PropertyRow): string {
  return JSON.stringify(propertyColumns.map((column) => row[column]));
}

function rowText([, key, type, string, long, number]: Row): string {
  return JSON.stringify([key, Number(type), string, long, number === null ? null : Number(number)]);
}

async function orphans({ executor, dialect }: StoreContext, table: Table): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { name, references } of table.columns) {
    if (references === undefined) continue;
    const parent = sql.table(tableFor(references).name);
    const column = sql.ref(`${table.name}.${name}`);
    const query = dialect.builder
      .selectFrom(table.name)
      .select(dialect.read(`${table.name}.id`, "id").as("id"))
      .where(
        sql<boolean>`${column} is not null and not exists (select 1 from ${parent} as parent where parent.id = ${column})`,
      )
      .limit(maxFindings);
    for (const [id] of await executor.all(once(query), undefined)) {
      const words = kinds[table.kinds[0]!].words;
      findings.push({ record: `${words} ${id}`, problem: `its ${name} names no record` });
    }
  }
  return findings;
}

function nameOf({ kind, id }: VersionRecord): string {
  return `${kinds[kind].words} ${id}`;
}
