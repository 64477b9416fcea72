import { type Access, visibleSnapshot } from "../../registry/access.ts";
import type { ModelState } from "../../registry/readiness.ts";
import type { Registry } from "../../registry/registry.ts";

/** One model, as the repository extension of the protocol lists it. */
export interface IndexedModel {
  readonly name: string;
  /** Empty: which versions there are is the model server's to say. */
  readonly version: "";
  readonly state: "READY" | "UNAVAILABLE" | "UNKNOWN";
  /** Why it cannot be used. Empty where it can. */
  readonly reason: string;
}

const states: Readonly<Record<ModelState, IndexedModel["state"]>> = {
  ready: "READY",
  "not-ready": "UNAVAILABLE",
  unreachable: "UNAVAILABLE",
  unknown: "UNKNOWN",
};

/**
 * The models that a caller may see: those that their names alone mean, or those of a namespace.
 *
 * @param options.ready only models that can be used
 * @throws RegistryError MODELS_NOT_LOADED, ACCESS_CHECK_FAILED
 */
export async function repositoryIndex(
  registry: Registry,
  access: Access,
  { namespace, ready = false }: { readonly namespace?: string | undefined; readonly ready?: boolean | undefined },
): Promise<readonly IndexedModel[]> {
  const { keys, models } = await visibleSnapshot(registry.loadedSnapshot, access);
  return keys.flatMap((key) => {
    const model = models.get(key)!;
    if (namespace === undefined ? !model.holdsName : model.namespace !== namespace) return [];
    const readiness = registry.readiness(key);
    const state = states[readiness.state];
    if (ready && state !== "READY") return [];
    return [{ name: model.name, version: "" as const, state, reason: readiness.reason }];
  });
}
