import { sql } from "kysely";
import type { CallOptions, Resolved, VersionChoice } from "../ports.ts";
import type { VersionRecord } from "../record.ts";
import { VersionsError } from "../versions-error.ts";
import { aliasTarget, noAlias } from "./aliases.ts";
import type { Session } from "./executor.ts";
import { getRecord, selectRecords } from "./read-records.ts";
import { recordFromRow } from "./row.ts";
import { bind, type SqlValue, slot } from "./statement.ts";
import { reader, type StoreContext } from "./store-context.ts";
import { tableFor } from "./tables.ts";

/** States of an artifact whose files do not exist, or not for long. */
const gone = ["MARKED_FOR_DELETION", "DELETED", "ABANDONED"];

/** The version of a model that a choice means, with its files. */
export async function resolveVersion(
  context: StoreContext,
  choice: VersionChoice,
  { signal }: CallOptions = {},
): Promise<Resolved> {
  const session = reader(context, signal);
  const model = await getRecord(context, session, "registeredModel", choice.model);
  const chosen = await chosenVersion(context, session, model, choice);
  const artifact = await newestArtifact(context, session, model, chosen);
  if (artifact === undefined) throw noArtifact(model, chosen);
  const version =
    chosen ?? (await getRecord(context, session, "modelVersion", { id: artifact.fields.modelVersionId as string }));
  return { model, version, artifact, uri: artifact.fields.uri as string };
}

async function chosenVersion(
  context: StoreContext,
  session: Pick<Session, "all">,
  model: VersionRecord,
  { version, alias }: VersionChoice,
): Promise<VersionRecord | undefined> {
  if (version !== undefined)
    return await getRecord(context, session, "modelVersion", { name: version, parentId: model.id });
  if (alias === undefined) return undefined;
  const target = await aliasTarget(context, session, model.id, alias);
  if (target === undefined) throw noAlias(model, alias);
  return await getRecord(context, session, "modelVersion", { id: target });
}

function noArtifact(model: VersionRecord, version: VersionRecord | undefined): VersionsError {
  const what =
    version === undefined
      ? `model ${model.name} has no live version with`
      : `version ${version.name} of model ${model.name} has no`;
  const message = `${what} a model artifact that has a URI`.replace("no a ", "no ");
  return new VersionsError("NO_MODEL_ARTIFACT", message, { model: model.name, version: version?.name });
}

/** The newest model artifact of a version, or that of the newest live version which has one. */
async function newestArtifact(
  context: StoreContext,
  session: Pick<Session, "all">,
  model: VersionRecord,
  version: VersionRecord | undefined,
): Promise<VersionRecord | undefined> {
  const table = tableFor("artifact");
  const versions = tableFor("modelVersion").name;
  const statement = context.statements.get(`resolve ${version !== undefined}`, () => {
    const usable = selectRecords(context, "modelArtifact")
      .where(`${table.name}.uri`, "is not", null)
      .where(`${table.name}.uri`, "<>", "")
      .where(`${table.name}.state`, "not in", gone);
    const found =
      version === undefined
        ? usable
            .innerJoin(versions, `${versions}.id`, `${table.name}.model_version_id`)
            .where(`${versions}.registered_model_id`, "=", slot("id"))
            .where(`${versions}.state`, "=", "LIVE" as SqlValue)
            .orderBy(`${versions}.create_time`, "desc")
            .orderBy(`${versions}.id`, "desc")
        : usable.where(`${table.name}.model_version_id`, "=", slot("id"));
    return found.orderBy(`${table.name}.create_time`, "desc").orderBy(`${table.name}.id`, "desc").limit(sql<number>`1`);
  });
  const [row] = await session.all(bind(statement, { id: version?.id ?? model.id }));
  return row === undefined ? undefined : recordFromRow(table, row);
}
