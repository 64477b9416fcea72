import type { VersionLink } from "../../../gen/kserve/registry/v1/model_pb.ts";

/** A registered version, `disk-failure-predictor/2 (champion)`; empty for a link that leads to none. */
export function versionWords({ registeredModel, version, aliases }: VersionLink): string {
  if (registeredModel === "") return "";
  return `${registeredModel}/${version}${aliases.length === 0 ? "" : ` (${aliases.join(", ")})`}`;
}
