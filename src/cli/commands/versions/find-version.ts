import type { ModelVersion } from "../../../../gen/kserve/versions/v1/model_version_pb.ts";
import type { VersionsClient } from "../../client/client.ts";

/** The version of a model by their names. */
export async function findVersion(
  client: VersionsClient,
  name: string,
  version: string,
  timeoutMs: number,
): Promise<ModelVersion> {
  const { registeredModel } = await client.getRegisteredModel({ key: { case: "name", value: name } }, { timeoutMs });
  const key = { case: "name", value: version } as const;
  return (await client.getModelVersion({ key, registeredModelId: registeredModel!.id }, { timeoutMs })).modelVersion!;
}
