import type { Kysely, RawBuilder } from "kysely";
import type { ServerOptions } from "../database-options.ts";
import type { FieldType } from "../kinds/field.ts";
import type { StoreStatus } from "../ports.ts";
import type { DatabaseFault, Executor, Session } from "./executor.ts";
import type { PropertyRow } from "./row.ts";
import type { Query, SqlValue, Statements } from "./statement.ts";
import type { Table } from "./tables.ts";

/** Tables and columns are derived from the kinds, so no static type can list them. */
export type AnyDatabase = Record<string, Record<string, SqlValue>>;
export type Condition = RawBuilder<boolean>;
export type Reference = RawBuilder<SqlValue>;

/** A kind of column, from which each database makes its own type. */
export type ColumnType = FieldType | "id" | "time" | "small";

/** What differs between databases. Each is one file. */
export interface Dialect {
  readonly kind: "sqlite" | "postgres" | "mysql";
  /** Builds and compiles statements; it is connected to nothing. */
  readonly builder: Kysely<AnyDatabase>;
  /** A selected column, in a form that loses no digit of a 64-bit integer. */
  read(column: string, type: ColumnType): Reference;
  /** Selects rows after `(value, id)`, in the form for which the database uses its index. */
  after(column: Reference, id: Reference, value: SqlValue, lastId: SqlValue, beyond: "<" | ">"): Condition;
  /** A number that is compared with a column of numbers; a bigint has 64 bits at most. */
  number(value: number | bigint): Reference;
  /** An EXISTS in the form that the database plans best, for any number of them. */
  exists(condition: Condition): Condition;
  /**
   * The best way to find rows with several equal properties: `planned`: the database decides, given conditions;
   * `joined`: a join, in which it decides the order; `intersected`: intersecting lists of ids, or starting with one.
   */
  readonly equalities: "planned" | "joined" | "intersected";
  like(text: Reference, pattern: string): Condition;
  /** LIKE, with letters of any case. */
  ilike(text: Reference, pattern: string): Condition;
  /**
   * A condition, evaluated for each row, that ends a statement which takes too long; absent where the database has a
   * time limit.
   */
  readonly inTime?: Condition;
  /** Appended to a select whose rows the transaction is about to change. */
  readonly forUpdate: RawBuilder<unknown>;
  /** Inserts a record with its rows of properties and returns its id, which `row` may give. */
  insert(
    statements: Statements,
    table: Table,
    row: Readonly<Record<string, SqlValue>>,
    rows: readonly PropertyRow[],
  ): Insert;
  insertProperties(
    session: Session,
    statements: Statements,
    table: Table,
    id: string,
    rows: readonly PropertyRow[],
  ): Promise<void>;
  /** Inserts a registration by one statement; absent where a database cannot, and its records are inserted one by one. */
  insertRegistration?(
    session: Pick<Session, "all">,
    statements: Statements,
    registration: NewRegistration,
  ): Promise<RegisteredIds>;
  /** Makes sure that new ids are larger than all ids of a table. */
  afterImport(session: Session, table: Table): Promise<void>;
  /** The meaning of a driver's error; undefined for one that a working database never gives. */
  faultOf(error: unknown): DatabaseFault | undefined;
  columnType(type: ColumnType, limit: number): RawBuilder<unknown>;
  /** Behind the columns of a new table. */
  readonly tableOptions: RawBuilder<unknown>;
  /** Whether an index can leave out the rows whose first value is not set. */
  readonly partialIndexes: boolean;
  /**
   * Statements that make the database collect statistics about combinations of keys and values of properties; none
   * where it cannot.
   */
  propertyStatistics(table: string): readonly RawBuilder<unknown>[];
  /** The names of a table's columns; no row where there is no such table. */
  columnsOf(table: string): Query;
  readonly migrationLock: MigrationLock;
}

/** A database with its kind and version, whatever its schema. */
export interface ConnectedDatabase {
  readonly executor: Executor;
  readonly dialect: Dialect;
  readonly database: NonNullable<StoreStatus["database"]>;
}

/** A server that is not connected to yet. */
export interface DatabaseServer {
  connect(options: ServerOptions): Executor;
  /** Finds out what it is. */
  ask(executor: Executor): Promise<Omit<ConnectedDatabase, "executor">>;
}

/** How a database inserts a record: in one statement, or in several, which need a transaction around them. */
export interface Insert {
  readonly statements: "one" | "several";
  run(session: Pick<Session, "all"> & Partial<Pick<Session, "run">>): Promise<string>;
}

/** The columns of a new record, and what filters find it by. */
export interface NewRow {
  readonly row: Readonly<Record<string, SqlValue>>;
  readonly properties: readonly PropertyRow[];
}

/** A new version with its artifacts, whose references to each other are not known yet. */
export interface NewRegistration {
  /** The id of a model that is there, or a new one. */
  readonly model: string | NewRow;
  readonly version: NewRow;
  readonly artifacts: readonly NewRow[];
}

export interface RegisteredIds {
  readonly model: string;
  readonly version: string;
  /** In the order of the registration. */
  readonly artifacts: readonly string[];
}

/**
 * How concurrent starts are kept from migrating at the same time, and how an interrupted migration is handled:
 * `transaction` rolls it back; `journal` records each step, so that the next start continues.
 */
export type MigrationLock =
  | { readonly kind: "transaction"; readonly locks: readonly Query[] }
  | { readonly kind: "journal"; readonly lock: Query; readonly unlock: Query; exists(step: MigrationStep): Query };

/** One statement of a migration, and what it makes. */
export interface MigrationStep {
  readonly query: Query;
  readonly table: string;
  /** The index or column of the table; undefined when it is the table itself. */
  readonly part: { readonly type: "index" | "column"; readonly name: string } | undefined;
}
