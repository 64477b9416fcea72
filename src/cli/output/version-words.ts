import type { VersionLink } from "../../../gen/kserve/registry/v1/model_pb.ts";
import type { RegisterVersionResponse } from "../../../gen/kserve/versions/v1/version_registry_pb.ts";

/** A registered version, `disk-failure-predictor/2 (champion)`; empty for a link that leads to none. */
export function versionWords({ registeredModel, version, aliases }: VersionLink): string {
  if (registeredModel === "") return "";
  return `${registeredModel}/${version}${aliases.length === 0 ? "" : ` (${aliases.join(", ")})`}`;
}

/** What has become of a version that was to be registered, as a line. */
export function registeredWords({
  registeredModel,
  modelVersion,
  alreadyRegistered,
}: Pick<RegisterVersionResponse, "registeredModel" | "modelVersion" | "alreadyRegistered">): string {
  const said = alreadyRegistered ? "was registered before, exactly so" : "is registered";
  return `${registeredModel?.name}:${modelVersion?.name} ${said}, id ${modelVersion?.id}\n`;
}
