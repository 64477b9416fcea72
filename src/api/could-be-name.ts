import { isDnsLabel } from "../base/field-reader.ts";
import type { ModelRef } from "../registry/model-key.ts";
import { splitName } from "../registry/registered-name.ts";
import type { Registry } from "../registry/registry.ts";
import { RegistryError } from "../registry/registry-error.ts";

/**
 * To a KServe server every name that it does not have is unknown, whatever it looks like.
 *
 * @throws RegistryError MODEL_NOT_FOUND for what no model can be called
 */
export function assertCouldBe(
  registry: Pick<Registry, "hasCluster">,
  { name: written, namespace = "x" }: ModelRef,
): void {
  const { cluster, name } = splitName(written);
  const isThere = cluster === "" ? !written.includes("/") : registry.hasCluster(cluster);
  if (isThere && isDnsLabel(name) && isDnsLabel(namespace)) return;
  throw new RegistryError("MODEL_NOT_FOUND", "No model can have this name", { metadata: { model: written } });
}
