import { isId } from "../check-record.ts";
import { type CallOptions, maxAliases } from "../ports.ts";
import type { Alias, VersionRecord } from "../record.ts";
import { textProblem } from "../text-problem.ts";
import { invalid, VersionsError } from "../versions-error.ts";
import type { Session } from "./executor.ts";
import { getRecord } from "./read-records.ts";
import { bind, slot } from "./statement.ts";
import { reader, type StoreContext, transaction } from "./store-context.ts";
import { aliasTable, tableFor } from "./tables.ts";

type Reads = Pick<Session, "all">;
type AliasKey = Pick<Alias, "registeredModelId" | "alias">;

const dnsLabel = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Points an alias to a version of the same model. */
export async function setAlias(
  context: StoreContext,
  { registeredModelId, alias, modelVersionId }: Omit<Alias, "version" | "updateTime">,
  { signal, expected }: CallOptions & { readonly expected?: string | null } = {},
): Promise<Alias> {
  if (!dnsLabel.test(alias)) {
    const description = "expected a DNS label: 1 to 63 of a-z, 0-9 and -, with no - at either end";
    throw invalid(undefined, { field: "alias", problem: "value", description });
  }
  const { builder } = context.dialect;
  const key = { registeredModelId, alias };
  return await transaction(context, { signal, retryRaces: true }, async (session) => {
    // Locks the model, so that concurrent callers wait for each other and the expected version and the limit hold.
    await getRecord(context, session, "registeredModel", { id: registeredModelId }, { forUpdate: true });
    const version = await getRecord(context, session, "modelVersion", { id: modelVersionId });
    if (version.fields.registeredModelId !== registeredModelId) {
      const description = `version ${version.name} belongs to another model`;
      throw invalid(undefined, { field: "modelVersionId", problem: "value", description });
    }
    const before = await aliasTarget(context, session, registeredModelId, alias);
    if (expected !== undefined && (before ?? null) !== expected) throw moved(key, before);
    const updateTime = context.now();
    const values = { model: registeredModelId, alias, version: modelVersionId, time: String(updateTime) };
    if (before === undefined) {
      await refuseMore(context, session, registeredModelId);
      const insert = context.statements.get("insert alias", () =>
        builder.insertInto(aliasTable).values({
          registered_model_id: slot("model"),
          alias: slot("alias"),
          model_version_id: slot("version"),
          update_time: slot("time"),
        }),
      );
      await session.run(bind(insert, values));
    } else {
      const update = context.statements.get("update alias", () =>
        builder
          .updateTable(aliasTable)
          .set({ model_version_id: slot("version"), update_time: slot("time") })
          .where("registered_model_id", "=", slot("model"))
          .where("alias", "=", slot("alias")),
      );
      await session.run(bind(update, values));
    }
    return { ...key, modelVersionId, version: version.name, updateTime };
  });
}

export async function deleteAlias(
  context: StoreContext,
  key: AliasKey,
  { signal, expected }: CallOptions & { readonly expected?: string } = {},
): Promise<void> {
  await transaction(context, { signal }, async (session) => {
    const { registeredModelId, alias } = key;
    const model = await getRecord(context, session, "registeredModel", { id: registeredModelId }, { forUpdate: true });
    const before = await aliasTarget(context, session, registeredModelId, alias);
    if (before === undefined) throw noAlias(model, alias);
    if (expected !== undefined && before !== expected) throw moved(key, before);
    const remove = context.statements.get("delete alias", () =>
      context.dialect.builder
        .deleteFrom(aliasTable)
        .where("registered_model_id", "=", slot("model"))
        .where("alias", "=", slot("alias")),
    );
    await session.run(bind(remove, { model: registeredModelId, alias }));
  });
}

/** The version that an alias points to; undefined where there is no such alias. */
export async function aliasTarget(
  { dialect, statements }: StoreContext,
  session: Reads,
  registeredModelId: string,
  alias: string,
): Promise<string | undefined> {
  if (textProblem(alias) !== undefined) return undefined;
  const statement = statements.get("get alias", () =>
    dialect.builder
      .selectFrom(aliasTable)
      .select(dialect.read("model_version_id", "reference").as("id"))
      .where("registered_model_id", "=", slot("model"))
      .where("alias", "=", slot("alias")),
  );
  const [row] = await session.all(bind(statement, { model: registeredModelId, alias }));
  return row === undefined ? undefined : String(row[0]);
}

export async function listAliases(
  context: StoreContext,
  registeredModelId: string,
  { signal }: CallOptions = {},
): Promise<readonly Alias[]> {
  return isId(registeredModelId) ? await aliasesOf(context, reader(context, signal), registeredModelId) : [];
}

async function aliasesOf({ dialect, statements }: StoreContext, session: Reads, id: string): Promise<Alias[]> {
  const versions = tableFor("modelVersion").name;
  const statement = statements.get("list aliases", () =>
    dialect.builder
      .selectFrom(aliasTable)
      .innerJoin(versions, `${versions}.id`, `${aliasTable}.model_version_id`)
      .select([
        `${aliasTable}.alias`,
        dialect.read(`${aliasTable}.model_version_id`, "reference").as("version_id"),
        `${versions}.name`,
        `${aliasTable}.update_time`,
      ])
      .where(`${aliasTable}.registered_model_id`, "=", slot("model"))
      .orderBy(`${aliasTable}.alias`),
  );
  const rows = await session.all(bind(statement, { model: id }));
  return rows.map(([alias, versionId, version, updateTime]) => ({
    registeredModelId: id,
    alias: alias as string,
    modelVersionId: String(versionId),
    version: version as string,
    updateTime: Number(updateTime),
  }));
}

async function refuseMore(context: StoreContext, session: Reads, id: string): Promise<void> {
  if ((await aliasesOf(context, session, id)).length >= maxAliases) {
    const description = `a model has at most ${maxAliases} aliases`;
    throw invalid(undefined, { field: "alias", problem: "too_many", description });
  }
}

export function noAlias({ id, name }: VersionRecord, alias: string): VersionsError {
  const message = `model ${name} has no alias ${alias.slice(0, 100)}`;
  return new VersionsError("NOT_FOUND", message, { kind: "alias", key: { name: alias, parentId: id } });
}

function moved({ alias }: AliasKey, modelVersionId: string | undefined): VersionsError {
  const where = modelVersionId === undefined ? "does not exist" : `points to the version with id ${modelVersionId}`;
  return new VersionsError("ALIAS_MOVED", `alias ${alias} ${where}, not to the one that was expected`, {
    alias,
    modelVersionId,
  });
}
