import { type SelectQueryBuilder, sql } from "kysely";
import { charsOfTexts } from "../../base/chars-of-texts.ts";
import { FilterError } from "../../base/filter/filter-tree.ts";
import { parseFilter } from "../../base/filter/parse-filter.ts";
import { joinedPieces, longTexts, pieceChars } from "../../base/text-pieces.ts";
import { goOnWhenNotBusy } from "../../base/yield-if-busy.ts";
import { isId } from "../check-record.ts";
import type { Field } from "../kinds/field.ts";
import { artifactKinds, kinds } from "../kinds/kinds.ts";
import { orderOf, pageToken, positionOf } from "../page-token.ts";
import {
  type CallOptions,
  type JsonPage,
  type KindOrArtifact,
  type ListQuery,
  maxPageSize,
  type Page,
  type PageQuery,
} from "../ports.ts";
import type { FieldValues, VersionRecord } from "../record.ts";
import type { JsonStyle } from "../record-json.ts";
import { textProblem } from "../text-problem.ts";
import { type RecordKey, VersionsError } from "../versions-error.ts";
import type { AnyDatabase, Dialect } from "./dialect.ts";
import type { Row, Session } from "./executor.ts";
import { type FilterPlan, type Lead, planFilter } from "./filter-condition.ts";
import { fixedColumns, readColumns, recordFromRow, rowToJson, rowToJsonPieces } from "./row.ts";
import { bind, once, type SqlValue, slot } from "./statement.ts";
import { type ReadContext, reader, readPage } from "./store-context.ts";
import { type Table, tableFor } from "./tables.ts";

/**
 * The total length of a page's texts in characters, except for a page of one record. A record may have megabytes, and a
 * page a thousand records: all of them would take more memory than the process has.
 */
export const maxPageChars = 2 * 1024 * 1024;

type Select = SelectQueryBuilder<AnyDatabase, string, object>;
type Reads = Pick<Session, "all">;

const orderColumns = { ID: "id", CREATE_TIME: "create_time", LAST_UPDATE_TIME: "update_time" } as const;

/** A select of whole records of a kind. */
export function selectRecords(
  { dialect }: Pick<ReadContext, "dialect">,
  kind: KindOrArtifact,
  leads: readonly Lead[] = [],
): Select {
  return selectFrom(dialect, kind, leads).select(columnsOf(dialect, tableFor(kind))) as Select;
}

/** A select of the rows of a kind that properties lead to; of all rows where there are none. */
function selectFrom({ builder }: Dialect, kind: KindOrArtifact, leads: readonly Lead[]): Select {
  const table = tableFor(kind);
  if (leads.length === 0) return ofKind(builder.selectFrom(table.name) as Select, kind);
  const aliases = leads.map((_, i) => `lead${i}`);
  const joined = aliases
    .slice(1)
    .reduce(
      (left, alias) => left.innerJoin(`${table.properties} as ${alias}`, `${alias}.entity_id`, leadId),
      builder.selectFrom(`${table.properties} as lead0`) as Select,
    );
  // SQLite keeps the order of a cross join.
  const rows = joined.crossJoin(table.name).whereRef(`${table.name}.id`, "=", leadId) as Select;
  return ofKind(
    leads.reduce((left, lead, i) => left.where(lead(aliases[i]!)), rows),
    kind,
  );
}

/** The id of the row that properties lead to, whose order their index has. */
const leadId = "lead0.entity_id";

/** The columns of a record, as `recordFromRow` expects them. */
export function columnsOf(dialect: Dialect, table: Table) {
  const types = new Map(table.columns.map(({ name, type }) => [name, type]));
  return readColumns(table).map((column) => {
    const type = column === "id" ? "id" : (types.get(column) ?? "string");
    return dialect.read(`${table.name}.${column}`, type).as(column);
  });
}

/** Restricts the shared table of artifacts to the rows of one sort. */
function ofKind<S extends Select>(select: S, kind: KindOrArtifact): S {
  const type = kind === "artifact" ? undefined : kinds[kind].artifactType;
  return type === undefined ? select : (select.where("artifact_type", "=", type) as S);
}

/** The record with a key. Artifacts without a version cannot be found by name, as they may share names. */
export async function getRecord(
  context: ReadContext,
  session: Reads,
  kind: KindOrArtifact,
  key: RecordKey,
  options: { readonly forUpdate?: boolean } = {},
): Promise<VersionRecord> {
  const query = findQuery(context, kind, key, options.forUpdate ?? false);
  const rows = query === undefined ? [] : await session.all(query);
  const table = tableFor(kind);
  if (rows.length === 1) return recordFromRow(table, rows[0]!);
  throw notFound(kind, key, rows.length > 1);
}

function findQuery(context: ReadContext, kind: KindOrArtifact, key: RecordKey, forUpdate: boolean) {
  const wanted = columnsOfKey(kind, key);
  if (wanted === undefined) return undefined;
  const columns = Object.keys(wanted);
  const statement = context.statements.get(`get ${kind} ${columns} ${forUpdate}`, () =>
    columns
      .reduce((select, column) => select.where(column, "=", slot(column)), selectRecords(context, kind))
      .modifyEnd(forUpdate ? context.dialect.forUpdate : sql``),
  );
  return bind(statement, wanted);
}

/** The column values of a key; undefined where no record can have it. */
function columnsOfKey(kind: KindOrArtifact, key: RecordKey): Record<string, string> | undefined {
  if ("id" in key) return isId(key.id) ? { id: key.id } : undefined;
  const text = "externalId" in key ? key.externalId : key.name;
  if (textProblem(text) !== undefined) return undefined;
  if ("externalId" in key) return { external_id: text };
  const { scope } = tableFor(kind);
  if (scope === undefined) return { name: text };
  return key.parentId !== undefined && isId(key.parentId) ? { [scope]: key.parentId, name: text } : undefined;
}

/** What messages call a kind. */
export function wordsOf(kind: KindOrArtifact): string {
  return kind === "artifact" ? "artifact" : kinds[kind].words;
}

export function notFound(kind: KindOrArtifact, key: RecordKey, several = false): VersionsError<"NOT_FOUND"> {
  const found = Object.entries(key).map(([part, value]) => `${part} ${String(value).slice(0, 300)}`);
  const message = `${several ? "several sorts of" : "no"} ${wordsOf(kind)} with ${found.join(" and ")}`;
  return new VersionsError("NOT_FOUND", message, { kind, key, ...(several ? { several } : {}) });
}

/** Conditions that a list has beside its order, with the values of their slots; undefined when none can match. */
interface Conditions {
  readonly shape: string;
  readonly leads: readonly Lead[];
  readonly apply: (select: Select) => Select;
  readonly values: Record<string, SqlValue>;
  readonly filtered: boolean;
}

function fieldOf(kind: KindOrArtifact, name: string): Field | undefined {
  return kinds[kind === "artifact" ? artifactKinds[0]! : kind].byName.get(name);
}

/** Equal fields as conditions, with a slot for each; undefined when the field cannot have a value. */
function whereEqual(kind: KindOrArtifact, where: FieldValues) {
  const columns: string[] = [];
  const values: Record<string, SqlValue> = {};
  for (const [name, value] of Object.entries(where)) {
    const field = fieldOf(kind, name);
    if (field === undefined || typeof value === "object") throw new Error(`a list of ${kind} cannot be by ${name}`);
    const possible =
      field.type === "reference" || field.name === "id"
        ? isId(String(value))
        : textProblem(String(value)) === undefined;
    if (!possible) return undefined;
    columns.push(field.column);
    values[field.column] = value;
  }
  return { columns, values };
}

function conditionsOf(
  { dialect }: ReadContext,
  kind: KindOrArtifact,
  query: Pick<ListQuery, "where" | "filter">,
): Conditions | undefined {
  const equal = whereEqual(kind, query.where ?? {});
  const filter = filterOf(kind, query.filter, dialect, equal !== undefined && equal.columns.length > 0);
  if (equal === undefined) return undefined;
  return {
    shape: equal.columns.join(),
    leads: filter?.leads ?? [],
    values: equal.values,
    filtered: filter !== undefined,
    apply: (select) => {
      const bySlots = equal.columns.reduce((left, column) => left.where(column, "=", slot(column)), select);
      return filter === undefined ? bySlots : bySlots.where(filter.condition);
    },
  };
}

function filterOf(
  kind: KindOrArtifact,
  filter: string | undefined,
  dialect: Dialect,
  isNarrow: boolean,
): FilterPlan | undefined {
  if (filter === undefined) return undefined;
  try {
    const problem = textProblem(filter);
    if (problem !== undefined) throw new FilterError("syntax", `the filter ${problem}`);
    const tree = parseFilter(filter);
    return tree === undefined ? undefined : planFilter(tree, { dialect, kind, table: tableFor(kind) }, isNarrow);
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    const { position, problem, message } = error;
    throw new VersionsError(
      "INVALID_FILTER",
      `the filter cannot be used: ${message}`,
      { position, problem },
      { cause: error },
    );
  }
}

/** One page of records: as many as asked for, or fewer where they are long. */
export async function listRecords(
  context: ReadContext,
  kind: KindOrArtifact,
  query: PageQuery,
  options: CallOptions = {},
): Promise<Page> {
  const table = tableFor(kind);
  const { rows, nextPageToken } = await pageOfRows(context, kind, query, options);
  return { records: rows.map((row) => recordFromRow(table, row)), nextPageToken };
}

/** One page as JSON text. */
export async function listJson(
  context: ReadContext,
  kind: KindOrArtifact,
  query: PageQuery,
  style: JsonStyle,
  options: CallOptions = {},
): Promise<JsonPage> {
  const table = tableFor(kind);
  const { rows, nextPageToken } = await pageOfRows(context, kind, query, options);
  const chars = rows.reduce((sum, row) => sum + charsOfTexts(row), 0);
  const page = { size: rows.length, nextPageToken };
  // Nearly all are short, and fastest written at once.
  if (chars <= pieceChars) return { items: [rows.map((row) => rowToJson(table, row, style)).join()], ...page };
  const items: string[] = [];
  for (const piece of joinedPieces(itemsOf(table, rows, style))) {
    items.push(piece);
    const pause = goOnWhenNotBusy(longTexts);
    if (pause !== undefined) await pause;
  }
  return { items, ...page };
}

function* itemsOf(table: Table, rows: readonly Row[], style: JsonStyle): Generator<string> {
  let isFirst = true;
  for (const row of rows) {
    if (!isFirst) yield ",";
    isFirst = false;
    yield* rowToJsonPieces(table, row, style);
  }
}

/** One page, by one statement. */
async function pageOfRows(
  context: ReadContext,
  kind: KindOrArtifact,
  query: PageQuery,
  { signal }: CallOptions,
): Promise<{ readonly rows: readonly Row[]; readonly nextPageToken: string }> {
  if (!(query.pageSize >= 1 && query.pageSize <= maxPageSize)) throw new RangeError(`page size ${query.pageSize}`);
  const position = positionOf(kind, query);
  const conditions = conditionsOf(context, kind, query);
  if (conditions === undefined) return { rows: [], nextPageToken: "" };
  const { by, descending } = orderOf(query);
  const { leads } = conditions;
  const id = leads.length > 0 ? leadId : `${tableFor(kind).name}.id`;
  const select = () => conditions.apply(selectRecords(context, kind, leads));
  const build = () => pageOf(context, kind, id, select(), by, descending, position !== undefined);
  const values = {
    ...conditions.values,
    value: position?.value ?? null,
    lastId: position?.id ?? null,
    // One more than asked for says whether there is a next page.
    limit: BigInt(query.pageSize + 1),
  };
  const statement = run(
    context,
    conditions,
    `list ${kind} ${by} ${descending} ${position !== undefined}`,
    build,
    values,
  );
  const found = await readPage(context, statement, maxPageChars, signal);
  const rows = found.rows.slice(0, query.pageSize);
  const isLast = found.isWhole && found.rows.length <= query.pageSize;
  return { rows, nextPageToken: isLast ? "" : pageToken(kind, query, positionAt(rows.at(-1)!, by)) };
}

function run(
  { statements }: ReadContext,
  { shape, filtered }: Conditions,
  name: string,
  build: () => Select,
  values: Record<string, SqlValue>,
) {
  // A generic plan is bad for most filters, so these are not kept prepared.
  if (filtered) return once(build(), values);
  return bind(statements.get(`${name} ${shape}`, build), values);
}

function positionAt(row: Row, by: keyof typeof orderColumns) {
  return { value: String(row[fixedColumns.indexOf(orderColumns[by])]), id: String(row[0]) };
}

function pageOf(
  { dialect }: ReadContext,
  kind: KindOrArtifact,
  id: string,
  select: Select,
  by: keyof typeof orderColumns,
  descending: boolean,
  after: boolean,
): Select {
  const column = `${tableFor(kind).name}.${orderColumns[by]}`;
  const [direction, beyond] = descending ? (["desc", "<"] as const) : (["asc", ">"] as const);
  let page = select;
  if (after && by === "ID") page = page.where(id, beyond, slot("lastId"));
  else if (after) page = page.where(dialect.after(sql.ref(column), sql.ref(id), slot("value"), slot("lastId"), beyond));
  if (by !== "ID") page = page.orderBy(column, direction);
  return page.orderBy(id, direction).limit(sql<bigint>`${slot("limit")}`);
}

export async function countRecords(
  context: ReadContext,
  kind: KindOrArtifact,
  query: Pick<ListQuery, "where" | "filter">,
  { signal }: CallOptions = {},
): Promise<number> {
  const conditions = conditionsOf(context, kind, query);
  if (conditions === undefined) return 0;
  const { dialect } = context;
  const count = () => selectFrom(dialect, kind, conditions.leads).select(sql<SqlValue>`count(*)`.as("n")) as Select;
  const build = () => conditions.apply(count());
  const [row] = await reader(context, signal).all(run(context, conditions, `count ${kind}`, build, conditions.values));
  return Number(row![0]);
}
