import { type EntryProblem, isDnsLabel, problemText } from "../base/field-reader.ts";
import { nearest } from "../base/nearest.ts";
import { type Access, everyone, permittedModel } from "../registry/access.ts";
import type { RegisteredModel } from "../registry/model.ts";
import { splitName } from "../registry/registered-name.ts";
import type { Registry } from "../registry/registry.ts";
import { invalidField, RegistryError } from "../registry/registry-error.ts";

/** Above this many names the nearest one is not looked for: an unknown name must stay cheap. */
const maxNamesCompared = 1000;

/**
 * The model of a name, for one caller. Answers at once while access control is off.
 *
 * @throws RegistryError INTEGRATION_DISABLED, INVALID_REQUEST, MODEL_NOT_FOUND, PERMISSION_DENIED, ACCESS_CHECK_FAILED,
 *   MODELS_NOT_LOADED
 */
export function resolveModel(
  { registry, integrationEnabled }: { readonly registry: Registry; readonly integrationEnabled: boolean },
  name: string,
  access: Access,
): RegisteredModel | Promise<RegisteredModel> {
  if (!integrationEnabled) {
    throw new RegistryError(
      "INTEGRATION_DISABLED",
      "The KServe integration is switched off; start the service with ENABLE_KSERVE_INTEGRATION=true",
    );
  }
  if (access === everyone) return registry.get(name) ?? noModel(registry, name);
  // What no model can be called is no secret.
  if (!isDnsLabel(splitName(name).name)) return noModel(registry, name);
  return permittedModel(registry, name, access).then((model) => model ?? noModel(registry, name));
}

function noModel(registry: Registry, name: string): never {
  if (!couldBeName(name, registry)) {
    throw invalidField("name", "expected the name of a model: 1 to 63 of a-z, 0-9 and '-', such as anomaly-detector");
  }
  const { names } = registry.loadedSnapshot;
  const [refused] = registry.refusedOf(name);
  if (refused !== undefined) {
    const [first] = refused.problems as [EntryProblem];
    throw new RegistryError(
      "MODEL_NOT_FOUND",
      `No model is registered under the name ${name}: its entry is refused, ${refused.location}: ${problemText(first)}`,
      { metadata: { model: name } },
    );
  }
  const meant = names.length > maxNamesCompared ? undefined : nearest(name, names);
  throw new RegistryError(
    "MODEL_NOT_FOUND",
    `No model is registered under the name ${name}${meant === undefined ? "" : `; did you mean ${meant}?`}`,
    { metadata: { model: name } },
  );
}

/** A name before which another cluster stands can only be that of a model where there is such a cluster. */
function couldBeName(written: string, registry: Registry): boolean {
  const { cluster, name } = splitName(written);
  return isDnsLabel(name) && (cluster === "" ? !written.includes("/") : registry.hasCluster(cluster));
}
