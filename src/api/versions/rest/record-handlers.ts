import { type KindName, kinds } from "../../../versions/kinds/kinds.ts";
import type { KindOrArtifact } from "../../../versions/ports.ts";
import type { FieldValues } from "../../../versions/record.ts";
import { isVersionsError, type RecordKey, VersionsError } from "../../../versions/versions-error.ts";
import { HttpError } from "../../http-message.ts";
import { notFoundText, searchText, wordsOf } from "./failure-answer.ts";
import { listRequestOf, sendList } from "./list.ts";
import { assertId, badBody, readObject } from "./read-object.ts";
import { artifactKindOf, changesOfBody, recordOfBody } from "./record-body.ts";
import { sendNothing, sendRecord, type VersionsContext } from "./versions-context.ts";

/** The handlers of one collection, `/registered_models`: made from its kind, none is written for one kind alone. */
export function recordHandlers(kind: KindOrArtifact, pathWord: string) {
  return {
    find: (context: VersionsContext) => findRecord(context, kind, pathWord),
    list: (context: VersionsContext) => listRecords(context, kind, {}),
    create: (context: VersionsContext) => createRecord(context, kind, {}),
    get: async (context: VersionsContext) => {
      await sendRecord(context, 200, await context.keeper.get(kind, { id: idOf(context, kind) }));
    },
    update: (context: VersionsContext) => updateRecord(context, kind),
    delete: async (context: VersionsContext) => {
      await context.keeper.delete(kind, idOf(context, kind), expectedRevision(context));
      sendNothing(context);
    },
  };
}

/** The handlers of the records of a kind below one of another: `/registered_models/{id}/versions`. */
export function subRecordHandlers(kind: KindOrArtifact, parent: KindName) {
  const parents = (context: VersionsContext): FieldValues => ({ [`${parent}Id`]: idOf(context, parent) });
  return {
    list: (context: VersionsContext) => listRecords(context, kind, parents(context)),
    create: (context: VersionsContext) => createRecord(context, kind, parents(context)),
  };
}

/** A list, within parents that its path names. Sub-lists also take a `name` or an `externalId`. */
async function listRecords(context: VersionsContext, kind: KindOrArtifact, parents: FieldValues): Promise<void> {
  const { query, keeper, flavour } = context;
  const isSubList = Object.keys(parents).length > 0;
  const name = isSubList ? query.get("name") : null;
  const externalId = isSubList ? query.get("externalId") : null;
  const where: FieldValues = {
    ...parents,
    ...(name ? { name } : externalId ? { externalId } : {}),
  };
  const ofKind = kind === "artifact" ? sortOf(query) : kind;
  await sendList(context, keeper, ofKind, listRequestOf(query, flavour, where), flavour);
}

/** A new record, within parents that its path names, which beat those of the body. */
async function createRecord(context: VersionsContext, kind: KindOrArtifact, parents: FieldValues): Promise<void> {
  const body = await readObject(context);
  const ofKind = kind === "artifact" ? artifactKindOf(body) : kind;
  const record = recordOfBody(ofKind, body, { fields: "create", ignoresUnknown: kind === "artifact" });
  const created = await context.keeper.create(ofKind, { ...record, fields: { ...record.fields, ...parents } });
  await sendRecord(context, 201, created);
}

async function updateRecord(context: VersionsContext, kind: KindOrArtifact): Promise<void> {
  const id = idOf(context, kind);
  const body = await readObject(context);
  const ofKind = kind === "artifact" ? await checkedSort(context, id, artifactKindOf(body)) : kind;
  const changes = changesOfBody(ofKind, body, kind === "artifact");
  await sendRecord(context, 200, await context.keeper.update(kind, id, changes, expectedRevision(context)));
}

/** An artifact keeps its sort for life. */
export async function checkedSort({ keeper }: VersionsContext, id: string, given: KindName): Promise<KindName> {
  const { kind } = await keeper.get("artifact", { id });
  if (kind === given) return kind;
  const [from, to] = [kinds[kind].artifactType, kinds[given].artifactType];
  throw badBody("artifactType", `cannot change artifact type from '${from}' to '${to}': artifact type is immutable`);
}

/** One record by what identifies it: exactly one must match. */
async function findRecord(context: VersionsContext, kind: KindOrArtifact, pathWord: string): Promise<void> {
  const { query, keeper } = context;
  const name = query.get("name") || undefined;
  const externalId = query.get("externalId") || undefined;
  const { uniqueWithin } = kinds[kind === "artifact" ? "modelArtifact" : kind];
  const parentId = uniqueWithin === undefined ? undefined : query.get("parentResourceId") || undefined;
  const hasName = name !== undefined && (uniqueWithin === undefined || parentId !== undefined);
  if (!hasName && externalId === undefined) {
    const needed = uniqueWithin === undefined ? "either name" : `either (${nameWord(pathWord)} and parentResourceId),`;
    throw badBody("name", `invalid parameters call, supply ${needed} or externalId: bad request`, "value");
  }
  if (parentId !== undefined) assertId(parentId, "parent resource");
  // One key alone is one look-up. Artifacts of several sorts may share a name.
  if (kind !== "artifact" && (name === undefined || externalId === undefined)) {
    const key: RecordKey =
      externalId !== undefined ? { externalId } : parentId === undefined ? { name: name! } : { name: name!, parentId };
    await sendRecord(
      context,
      200,
      await keeper.get(kind, key).catch((error: unknown) => asSearch(error, kind, name, parentId, externalId)),
    );
    return;
  }
  const where: FieldValues = {
    ...(hasName ? { name } : {}),
    ...(hasName && uniqueWithin !== undefined ? { [uniqueWithin]: parentId! } : {}),
    ...(externalId === undefined ? {} : { externalId }),
  };
  const { records } = await keeper.list(kind, { where, pageSize: 2 });
  if (records.length === 1) {
    await sendRecord(context, 200, records[0]!);
    return;
  }
  const searched = searchText(name, uniqueWithin === undefined ? undefined : (parentId ?? ""), externalId);
  const words = `${records.length === 0 ? "no" : "multiple"} ${wordsOf(kind)}s found for ${searched}`;
  throw new HttpError(404, `${words}: not found`);
}

/** A search that finds nothing names all that it was given. */
function asSearch(
  error: unknown,
  kind: KindName,
  name: string | undefined,
  parentId: string | undefined,
  externalId: string | undefined,
): never {
  if (!isVersionsError(error, "NOT_FOUND") || "id" in error.data.key) throw error;
  const key = { name: name ?? "", externalId: externalId ?? "", ...(parentId === undefined ? {} : { parentId }) };
  throw new VersionsError("NOT_FOUND", notFoundText(kind, key), { kind, key });
}

function nameWord(pathWord: string): string {
  return pathWord.endsWith("artifact") ? "artifactName" : "name";
}

/** The sort of artifact that a list is for. */
function sortOf(query: URLSearchParams): KindOrArtifact {
  const artifactType = query.get("artifactType") || undefined;
  if (artifactType === undefined) return "artifact";
  try {
    return artifactKindOf({ artifactType });
  } catch {
    throw badBody(
      "artifactType",
      "invalid artifact type, must be either ModelArtifact, DocArtifact, DataSet, Metric, or Parameter: bad request",
    );
  }
}

/** The `{id}` of the path. */
export function idOf({ params }: VersionsContext, kind: KindOrArtifact): string {
  return assertId(params.id!, wordsOf(kind));
}

/** The revision that `If-Match` asks for (RFC 9110, 13.1.1). */
export function expectedRevision({ request }: VersionsContext): { expectedRevision?: number } {
  const header = request.headers["if-match"]?.trim();
  if (header === undefined || header === "*") return {};
  if (!/^(W\/)?"[!#-~]*"$/.test(header)) {
    throw badBody("if-match", 'if-match: expected the etag of the record, such as "3", or *: bad request', "value");
  }
  const revision = /^"([1-9][0-9]{0,14})"$/.exec(header)?.[1];
  // Another one, or a weak one, is not an etag of this server, so nothing has it.
  return { expectedRevision: revision === undefined ? 0 : Number(revision) };
}
