import { VersionsError } from "../../versions-error.ts";
import type { Dialect, MigrationStep } from "../dialect.ts";
import type { Executor, Session } from "../executor.ts";
import { once } from "../statement.ts";
import { knownVersion, type Migration, migrations } from "./migrations.ts";

const table = "kmr_schema";
const retryAfterMs = 30_000;

/** The state of a database's schema. */
export interface SchemaState {
  /** The last migration that is complete; 0 for none. */
  readonly applied: number;
  /** A migration that was interrupted; undefined where there is none. */
  readonly unfinished: number | undefined;
  /** The migrations of another program in the same database: their version, and whether it is marked dirty. */
  readonly foreign: { readonly version: string; readonly dirty: boolean } | undefined;
}

/** Called with progress messages, for logs and people who wait. */
export type MigrationProgress = (message: string) => void;

/**
 * Migrates a database to the schema of this program. Any number of processes may call it at once: one migrates, the
 * others wait. If interrupted anywhere, the next start continues it. Refuses a newer schema, and a database that has
 * the tables of Kubeflow's registry and none of ours.
 */
export async function migrate(
  executor: Executor,
  dialect: Dialect,
  options: { readonly signal?: AbortSignal | undefined; readonly progress?: MigrationProgress } = {},
): Promise<SchemaState> {
  const { migrationLock } = dialect;
  const progress = options.progress ?? (() => {});
  if (migrationLock.kind === "journal") {
    return await executor.connection(async (session) => {
      const [row] = await session.all(migrationLock.lock);
      if (String(row?.[0]) !== "1") {
        throw unavailable(
          "another process has been migrating the database for a minute; start again when it has ended",
        );
      }
      try {
        await createJournal(session, dialect);
        for (const migration of await pending(session, dialect))
          await runJournaled(session, dialect, migration, progress);
        return await schemaState(session, dialect);
      } finally {
        await session.all(migrationLock.unlock);
      }
    }, options.signal);
  }
  for (;;) {
    const done = await executor.transaction(async (session) => {
      for (const lock of migrationLock.locks) await session.all(lock);
      await createJournal(session, dialect);
      const [migration] = await pending(session, dialect);
      if (migration === undefined) return await schemaState(session, dialect);
      await runAtOnce(session, dialect, migration, progress);
      return undefined;
    }, options.signal);
    if (done !== undefined) return done;
  }
}

/** Reads the state of the schema. Changes nothing. */
export async function schemaState(session: Pick<Session, "all">, dialect: Dialect): Promise<SchemaState> {
  const { builder } = dialect;
  let rows: readonly (readonly unknown[])[] = [];
  if ((await columnsOf(session, dialect, table)).length > 0) {
    rows = await session.all(
      once(builder.selectFrom(table).select(["version", "steps", "steps_done"]).orderBy("version")),
    );
  }
  const complete = rows.filter(([, steps, done]) => Number(steps) === Number(done)).map(([version]) => Number(version));
  const unfinished = rows.find(([, steps, done]) => Number(steps) !== Number(done));
  return {
    applied: Math.max(0, ...complete),
    unfinished: unfinished === undefined ? undefined : Number(unfinished[0]),
    foreign: await foreignSchema(session, dialect),
  };
}

/** Why this program cannot use a schema, and what to do; undefined when it can, once it is migrated. */
export function schemaProblem({ applied, unfinished, foreign }: SchemaState): string | undefined {
  if (applied > knownVersion) {
    return `the database has schema version ${applied}, and this program knows versions up to ${knownVersion}; run the program that made it, or a newer one`;
  }
  if (applied > 0 || unfinished !== undefined || foreign === undefined) return undefined;
  const state = foreign.dirty ? `, which is marked dirty: one of its migrations has failed` : "";
  return `the database holds the tables of Kubeflow's Model Registry (schema version ${foreign.version}${state}); give this program a database of its own and copy the records with: kserve-model-registry import --from URL`;
}

async function pending(session: Session, dialect: Dialect): Promise<readonly Migration[]> {
  const state = await schemaState(session, dialect);
  const problem = schemaProblem(state);
  if (problem !== undefined) throw unavailable(problem);
  return migrations.filter(({ version }) => version > state.applied);
}

function unavailable(message: string): VersionsError {
  return new VersionsError("DATABASE_UNAVAILABLE", message, { why: "schema", retryAfterMs });
}

async function createJournal(session: Session, { builder, columnType, tableOptions }: Dialect): Promise<void> {
  const create = builder.schema
    .createTable(table)
    .ifNotExists()
    .addColumn("version", columnType("int64", 0), (column) => column.notNull().primaryKey())
    .addColumn("name", columnType("string", 255), (column) => column.notNull())
    .addColumn("steps", columnType("int64", 0), (column) => column.notNull())
    .addColumn("steps_done", columnType("int64", 0), (column) => column.notNull())
    .addColumn("applied_time", columnType("time", 0), (column) => column.notNull())
    .modifyEnd(tableOptions);
  await session.run(once(create));
}

async function runAtOnce(
  session: Session,
  dialect: Dialect,
  migration: Migration,
  progress: MigrationProgress,
): Promise<void> {
  const steps = migration.steps(dialect);
  progress(`applying migration ${migration.version} of ${knownVersion}: ${migration.name}`);
  for (const { query } of steps) await session.run(query);
  await note(session, dialect, migration, steps.length, steps.length);
}

async function runJournaled(
  session: Session,
  dialect: Dialect,
  migration: Migration,
  progress: MigrationProgress,
): Promise<void> {
  const { builder } = dialect;
  const steps = migration.steps(dialect);
  const found = once(builder.selectFrom(table).select("steps_done").where("version", "=", migration.version));
  const [row] = await session.all(found);
  const done = row === undefined ? 0 : Number(row[0]);
  progress(
    `applying migration ${migration.version} of ${knownVersion}: ${migration.name}, from step ${done + 1} of ${steps.length}`,
  );
  if (row === undefined) await note(session, dialect, migration, steps.length, 0);
  for (const [i, step] of steps.entries()) {
    if (i < done) continue;
    // The last step may have been carried out without being recorded.
    if (!(await isMade(session, dialect, step))) await session.run(step.query);
    const update = builder
      .updateTable(table)
      .set({ steps_done: i + 1 })
      .where("version", "=", migration.version);
    await session.run(once(update));
  }
}

async function isMade(session: Session, { migrationLock }: Dialect, step: MigrationStep): Promise<boolean> {
  if (migrationLock.kind !== "journal") return false;
  return (await session.all(migrationLock.exists(step))).length > 0;
}

async function note(session: Session, { builder }: Dialect, migration: Migration, steps: number, done: number) {
  const { version, name } = migration;
  const row = { version, name, steps, steps_done: done, applied_time: String(Date.now()) };
  await session.run(once(builder.insertInto(table).values(row)));
}

async function foreignSchema(session: Pick<Session, "all">, dialect: Dialect): Promise<SchemaState["foreign"]> {
  const columns = await columnsOf(session, dialect, "schema_migrations");
  if (!columns.includes("version") || !columns.includes("dirty")) return undefined;
  const query = dialect.builder.selectFrom("schema_migrations").select(["version", "dirty"]).limit(1);
  const [row] = await session.all(once(query));
  return row === undefined ? undefined : { version: String(row[0]), dirty: /^(1|t|true)$/.test(String(row[1])) };
}

async function columnsOf(session: Pick<Session, "all">, dialect: Dialect, name: string): Promise<readonly string[]> {
  return (await session.all(dialect.columnsOf(name))).map(([column]) => String(column));
}
