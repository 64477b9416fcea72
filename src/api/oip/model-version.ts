import { Cancellation } from "../../base/cancellation.ts";
import type { Pipeline } from "../../predict/pipeline.ts";
import { metadataOf, type RegisteredModel } from "../../registry/model.ts";
import { RegistryError } from "../../registry/registry-error.ts";
import type { CommonCall } from "../predict-call.ts";

/**
 * Asserts that a model's server says that it serves a version. Servers of v1 models have no versions.
 *
 * @param version empty: any
 * @throws RegistryError MODEL_NOT_FOUND, and what asking the model server throws
 */
export async function assertVersion(
  pipeline: Pick<Pipeline, "askMetadata">,
  model: RegisteredModel,
  version: string,
  { caller = new Cancellation(), deadlineMs }: Partial<Pick<CommonCall, "caller" | "deadlineMs">>,
): Promise<void> {
  if (version === "") return;
  const metadata = await pipeline.askMetadata(model, { caller, deadlineMs });
  if (metadata?.versions.includes(version) === true) return;
  const known = metadata?.versions.join(", ").slice(0, 200) || "its server names none";
  throw new RegistryError(
    "MODEL_NOT_FOUND",
    `Model ${model.name} has no version ${version.slice(0, 80)} (${known}); leave the version out for the one that is served`,
    { metadata: { ...metadataOf(model), version: version.slice(0, 80) } },
  );
}
