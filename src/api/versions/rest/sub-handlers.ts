import { artifactKinds } from "../../../versions/kinds/kinds.ts";
import type { Alias } from "../../../versions/record.ts";
import { VersionsError } from "../../../versions/versions-error.ts";
import { assertId, badBody, type JsonObject, readObject, typeOf } from "./read-object.ts";
import { artifactKindOf, changesOfBody, recordOfBody } from "./record-body.ts";
import { checkedSort, expectedRevision, idOf } from "./record-handlers.ts";
import { sendNothing, sendRecord, sendValue, type VersionsContext } from "./versions-context.ts";

/** `POST /registered_models/{id}/versions`: a body with an `id` changes that version. */
export async function createVersion(context: VersionsContext): Promise<void> {
  const registeredModelId = idOf(context, "registeredModel");
  const body = await readObject(context);
  const record = recordOfBody("modelVersion", body, { fields: "whole", ignoresUnknown: false });
  const id = givenId(body, "model version");
  if (id !== undefined) {
    const changes = changesOfBody("modelVersion", body, true);
    const updated = await context.keeper.update("modelVersion", id, changes, { where: { registeredModelId } });
    return await sendRecord(context, 201, updated);
  }
  const fields = { ...record.fields, registeredModelId };
  await sendRecord(context, 201, await context.keeper.create("modelVersion", { ...record, fields }));
}

/** The record that a body means; undefined for a new one. */
function givenId({ id }: JsonObject, words: string): string | undefined {
  if (id === undefined || id === null || id === "") return undefined;
  if (typeof id === "string") return assertId(id, words);
  throw badBody("id", `json: cannot unmarshal ${typeOf(id)} into field id of type string`);
}

/**
 * `POST /model_versions/{id}/artifacts`: a body with an `id` changes that artifact, and a metric or parameter with a name
 * that is there already the one of that name. A new model or document is answered with 201, all else with 200.
 */
export async function upsertArtifact(context: VersionsContext): Promise<void> {
  const { keeper } = context;
  const modelVersionId = idOf(context, "modelVersion");
  const body = await readObject(context);
  const kind = artifactKindOf(body);
  const id = givenId(body, "artifact");
  if (id !== undefined) {
    await checkedSort(context, id, kind);
    const changes = changesOfBody(kind, body, true);
    await sendRecord(context, 200, await keeper.update("artifact", id, changes, { where: { modelVersionId } }));
    return;
  }
  const record = recordOfBody(kind, body, { fields: "create", ignoresUnknown: true });
  const placed = { ...record, fields: { ...record.fields, modelVersionId } };
  if ((kind === "metric" || kind === "parameter") && record.fields.name !== undefined) {
    await sendRecord(context, 200, (await keeper.upsert(kind, placed)).record);
    return;
  }
  const isFile = artifactKinds.indexOf(kind) <= artifactKinds.indexOf("docArtifact");
  await sendRecord(context, isFile ? 201 : 200, await keeper.create(kind, placed));
}

/** `POST /serving_environments/{id}/inference_services`: the path beats the body, which has to name one all the same. */
export async function createEnvironmentService(context: VersionsContext): Promise<void> {
  const servingEnvironmentId = idOf(context, "servingEnvironment");
  const record = recordOfBody("inferenceService", await readObject(context), {
    fields: "create",
    ignoresUnknown: false,
  });
  const given = record.fields.servingEnvironmentId;
  const fields = { ...record.fields, ...(given === undefined ? {} : { servingEnvironmentId }) };
  await sendRecord(context, 201, await context.keeper.create("inferenceService", { ...record, fields }));
}

/** `DELETE /inference_services/{id}/serves/{serveId}`: one of another service is not found. */
export async function deleteServe(context: VersionsContext): Promise<void> {
  const where = { inferenceServiceId: idOf(context, "inferenceService") };
  const id = assertId(context.params.serveId!, "serve model");
  await context.keeper.delete("serveModel", id, { where, ...expectedRevision(context) });
  sendNothing(context);
}

/** `GET /inference_services/{id}/model`. */
export async function servedModel(context: VersionsContext): Promise<void> {
  const { keeper } = context;
  const { fields } = await keeper.get("inferenceService", { id: idOf(context, "inferenceService") });
  await sendRecord(context, 200, await keeper.get("registeredModel", { id: fields.registeredModelId as string }));
}

/** `GET /inference_services/{id}/version`: the one that it names, else the newest of its model. */
export async function servedVersion(context: VersionsContext): Promise<void> {
  const { keeper } = context;
  const { fields } = await keeper.get("inferenceService", { id: idOf(context, "inferenceService") });
  const { modelVersionId, registeredModelId } = fields as Readonly<Record<string, string | undefined>>;
  if (modelVersionId !== undefined) {
    await sendRecord(context, 200, await keeper.get("modelVersion", { id: modelVersionId }));
    return;
  }
  const query = { where: { registeredModelId: registeredModelId! }, orderBy: "CREATE_TIME", descending: true } as const;
  const { records } = await keeper.list("modelVersion", { ...query, pageSize: 1 });
  const [newest] = records;
  if (newest === undefined) {
    const key = { name: "", parentId: registeredModelId! };
    throw new VersionsError("NOT_FOUND", "the model has no version", { kind: "modelVersion", key });
  }
  await sendRecord(context, 200, newest);
}

/** `GET /registered_models/{id}/aliases`. */
export async function listAliases(context: VersionsContext): Promise<void> {
  const aliases = await context.keeper.listAliases(idOf(context, "registeredModel"));
  await sendValue(context, 200, { items: aliases.map(aliasToJson), size: aliases.length });
}

/**
 * `PUT /registered_models/{id}/aliases/{alias}`: `{"modelVersionId": "7"}` lets it stand for that version, and with
 * `expectedModelVersionId` only where it stands for that one so far, or for none with null.
 */
export async function setAlias(context: VersionsContext): Promise<void> {
  const registeredModelId = idOf(context, "registeredModel");
  const { modelVersionId, expectedModelVersionId: expected, ...others } = await readObject(context);
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw badBody(unknown, `json: unknown field ${JSON.stringify(unknown.slice(0, 80))}`);
  if (typeof modelVersionId !== "string" || modelVersionId === "") {
    throw badBody("modelVersionId", "required field 'modelVersionId' is zero value.", "required");
  }
  assertId(modelVersionId, "model version", "modelVersionId");
  if (expected !== undefined && expected !== null) {
    if (typeof expected !== "string") {
      throw badBody("expectedModelVersionId", "expectedModelVersionId: expected a string or null");
    }
    assertId(expected, "model version", "expectedModelVersionId");
  }
  const alias = context.params.alias!;
  const set = await context.keeper.setAlias({ registeredModelId, alias, modelVersionId }, expected);
  await sendValue(context, 200, aliasToJson(set));
}

/** `DELETE /registered_models/{id}/aliases/{alias}`. */
export async function deleteAlias(context: VersionsContext): Promise<void> {
  await context.keeper.deleteAlias({
    registeredModelId: idOf(context, "registeredModel"),
    alias: context.params.alias!,
  });
  sendNothing(context);
}

function aliasToJson({ alias, registeredModelId, modelVersionId, updateTime }: Alias) {
  return { alias, registeredModelId, modelVersionId, lastUpdateTimeSinceEpoch: String(updateTime) };
}
