import { stringify } from "yaml";

/**
 * Writes an object as one YAML document, its keys in the order they have; undefined values are left out. Kubernetes reads
 * YAML 1.1, so that a text such as `on` is quoted.
 */
export function manifestText(manifest: object): string {
  return stringify(manifest, { lineWidth: 0, aliasDuplicateObjects: false, compat: "yaml-1.1" });
}
