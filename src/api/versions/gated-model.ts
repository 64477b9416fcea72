import { type PropertyValue, propertiesFromJson } from "../../versions/property-value.ts";
import type { VersionRecord } from "../../versions/record.ts";
import { invalid } from "../../versions/versions-error.ts";

/**
 * Refuses to serve a version whose files cannot be downloaded without an account of Hugging Face: its properties
 * `hf_gated` and `hf_private` say so.
 *
 * @param field that names the version, in messages
 * @throws VersionsError INVALID
 */
export function refuseGatedModel({ name, properties }: VersionRecord, field = "modelVersionId"): void {
  const { hf_gated, hf_private } = propertiesFromJson(properties) as Readonly<
    Record<string, PropertyValue | undefined>
  >;
  const gated = textOf(hf_gated);
  const isGated = gated !== "" && gated !== "false";
  if (!isGated && textOf(hf_private) !== "true") return;
  const description = `the version ${name} is ${isGated ? "gated" : "private"} on Hugging Face, so its files cannot be served`;
  throw invalid("serveModel", { field, problem: "value", description });
}

function textOf(value: PropertyValue | undefined): string {
  if (value?.metadataType === "MetadataStringValue") return value.string_value;
  return value?.metadataType === "MetadataBoolValue" ? String(value.bool_value) : "";
}
