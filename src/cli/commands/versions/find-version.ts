import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ModelVersion } from "../../../../gen/kserve/versions/v1/model_version_pb.ts";
import type { RegisteredModel } from "../../../../gen/kserve/versions/v1/registered_model_pb.ts";
import type { ResolveVersionRequestSchema } from "../../../../gen/kserve/versions/v1/version_registry_pb.ts";
import type { VersionsClient } from "../../client/client.ts";
import { usageFailure } from "../../failure.ts";

export async function findModel(client: VersionsClient, name: string): Promise<RegisteredModel> {
  return (await client.getRegisteredModel({ key: { case: "name", value: name } })).registeredModel!;
}

/** The version of a model by their names. */
export async function findVersion(client: VersionsClient, name: string, version: string): Promise<ModelVersion> {
  const { id } = await findModel(client, name);
  const key = { case: "name", value: version } as const;
  return (await client.getModelVersion({ key, registeredModelId: id })).modelVersion!;
}

export const versionForm = "NAME for the newest live version, NAME:VERSION, or NAME@ALIAS";

/**
 * Reads `NAME`, `NAME:VERSION` or `NAME@ALIAS`.
 *
 * @throws Failure of wrong usage
 */
export function readVersionName(text: string): MessageInitShape<typeof ResolveVersionRequestSchema> {
  const match = /^([^:@]+)(?:([:@])(.+))?$/.exec(text);
  if (match === null) throw usageFailure(`${JSON.stringify(text)}: expected ${versionForm}`);
  const [, name, sign, value] = match;
  if (sign === undefined) return { name: name!, selector: { case: undefined } };
  return { name: name!, selector: { case: sign === ":" ? "version" : "alias", value: value! } };
}
