import type { ModelVersion } from "../../../../gen/kserve/versions/v1/model_version_pb.ts";
import type { RegisteredModel } from "../../../../gen/kserve/versions/v1/registered_model_pb.ts";
import type { VersionsClient } from "../../client/client.ts";

export async function findModel(client: VersionsClient, name: string): Promise<RegisteredModel> {
  return (await client.getRegisteredModel({ key: { case: "name", value: name } })).registeredModel!;
}

/** The version of a model by their names. */
export async function findVersion(client: VersionsClient, name: string, version: string): Promise<ModelVersion> {
  const { id } = await findModel(client, name);
  const key = { case: "name", value: version } as const;
  return (await client.getModelVersion({ key, registeredModelId: id })).modelVersion!;
}
