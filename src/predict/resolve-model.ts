import { type EntryProblem, isDnsLabel, problemText } from "../base/field-reader.ts";
import { nearestOf } from "../base/nearest.ts";
import { type Access, everyone, permittedModel } from "../registry/access.ts";
import type { RegisteredModel } from "../registry/model.ts";
import { type ModelRef, refMetadata, refText } from "../registry/model-key.ts";
import { splitName } from "../registry/registered-name.ts";
import type { Registry } from "../registry/registry.ts";
import { invalidField, RegistryError } from "../registry/registry-error.ts";

/** With more names than this the nearest one is not searched: an unknown name must stay cheap. */
const maxNamesCompared = 1000;
/** For how many models access is checked to suggest one that was probably meant. */
const maxSuggestions = 4;

/**
 * The model that a caller names. Answers at once while access control is off.
 *
 * @throws RegistryError INTEGRATION_DISABLED, INVALID_REQUEST, MODEL_NOT_FOUND, PERMISSION_DENIED, ACCESS_CHECK_FAILED,
 *   MODELS_NOT_LOADED
 */
export function resolveModel(
  { registry, integrationEnabled }: { readonly registry: Registry; readonly integrationEnabled: boolean },
  ref: ModelRef,
  access: Access,
): RegisteredModel | Promise<RegisteredModel> {
  if (!integrationEnabled) {
    throw new RegistryError(
      "INTEGRATION_DISABLED",
      "The KServe integration is switched off; start the service with ENABLE_KSERVE_INTEGRATION=true",
    );
  }
  if (access === everyone) return registry.find(ref) ?? noModel(registry, ref, access);
  // A name that no model can have reveals nothing.
  if (!isDnsLabel(splitName(ref.name).name)) return noModel(registry, ref, access);
  return permittedModel(registry, ref, access).then((model) => model ?? noModel(registry, ref, access));
}

async function noModel(registry: Registry, ref: ModelRef, access: Access): Promise<never> {
  assertCouldBe(ref, registry);
  registry.assertLoaded();
  const unknown = `No model is registered under the name ${refText(ref)}`;
  const hint = (await refusalWords(registry, ref, access)) ?? (await suggestion(registry, ref, access)) ?? "";
  throw new RegistryError("MODEL_NOT_FOUND", unknown + hint, { metadata: refMetadata(ref) });
}

/** Why the entry of a model is refused, for callers who may know about every entry that it could be. */
async function refusalWords(registry: Registry, ref: ModelRef, access: Access): Promise<string | undefined> {
  const [refused] = registry.refusedOf(ref);
  if (refused === undefined) return undefined;
  if (access !== everyone && !(await access.mayUseAll(ref.namespace || undefined))) return undefined;
  const [first] = refused.problems as [EntryProblem];
  return `: its entry is refused, ${refused.location}: ${problemText(first)}`;
}

/**
 * The model that was probably meant: one with the same name elsewhere, else one with a similar name. Only models that
 * the caller may use.
 */
async function suggestion(registry: Registry, ref: ModelRef, access: Access): Promise<string | undefined> {
  const namesakes = registry.namesakesOf({ name: splitName(ref.name).name });
  const elsewhere = await firstUsable(namesakes, access);
  if (elsewhere !== undefined) return `; there is one in namespace ${elsewhere.namespace}${clusterWords(elsewhere)}`;
  const { names, holders } = registry.snapshot;
  if (names.length > maxNamesCompared) return undefined;
  const near = nearestOf(ref.name, names, maxSuggestions).map((name) => holders.get(name)!);
  const meant = await firstUsable(near, access);
  return meant === undefined ? undefined : `; did you mean ${meant.name}?`;
}

async function firstUsable(models: readonly RegisteredModel[], access: Access): Promise<RegisteredModel | undefined> {
  for (const model of models.slice(0, maxSuggestions)) {
    if (access === everyone || (await access.mayUse(model))) return model;
  }
  return undefined;
}

function clusterWords({ cluster }: RegisteredModel): string {
  return cluster === "" ? "" : ` of cluster ${cluster}`;
}

/**
 * A name with a cluster before it is only valid where there is such a cluster.
 *
 * @throws RegistryError INVALID_REQUEST
 */
function assertCouldBe({ name: written, namespace = "", cluster: given = "" }: ModelRef, registry: Registry): void {
  const { cluster, name } = splitName(written);
  if (!isDnsLabel(name) || (cluster === "" ? written.includes("/") : !registry.hasCluster(cluster))) {
    throw invalidField("name", "expected the name of a model: 1 to 63 of a-z, 0-9 and '-', such as anomaly-detector");
  }
  if (namespace !== "" && !isDnsLabel(namespace)) {
    throw invalidField("namespace", "expected the name of a Kubernetes namespace: 1 to 63 of a-z, 0-9 and '-'");
  }
  if (given !== "" && cluster !== "" && given !== cluster) {
    throw invalidField("cluster", `differs from the cluster in the name, ${cluster}`);
  }
}
