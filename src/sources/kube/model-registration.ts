import { withStructuralSharing } from "../../base/structural-sharing.ts";
import type { KubeObject, KubeResource } from "../../kube/kube-object.ts";
import type { Source } from "../../registry/ports.ts";
import { type ObjectEntry, OldestWins } from "./oldest-wins.ts";
import { entryFromRegistration } from "./registration-entry.ts";
import { createWatchedSource, type KubeSourceOptions } from "./watched-source.ts";

/** The custom resource. */
export const modelRegistrations: KubeResource = {
  group: "aiops.platform.io",
  version: "v1alpha1",
  plural: "modelregistrations",
  origin: "apply its CustomResourceDefinition, manifests/kustomize/crd",
};

interface Registration {
  readonly generation: number | undefined;
  readonly entry: ObjectEntry;
}

/** Creates the source of ModelRegistrations: each is a model of its name. */
export function createModelRegistrationSource(
  options: KubeSourceOptions & {
    /** Empty: all. */
    readonly namespaces: readonly string[];
  },
): Source {
  const entries = new OldestWins();
  return createWatchedSource<Registration>({
    ...options,
    kind: "model-registration",
    resource: modelRegistrations,
    convert: (object, known) => {
      const { generation } = object.metadata;
      // Its status changes far more often than what it says of the model.
      if (known !== undefined && generation !== undefined && known.generation === generation) return known;
      return { generation, entry: sharing(registrationOf(object), known?.entry) };
    },
    collection: {
      change: (now, before) => entries.change(now?.entry, before?.entry),
      snapshot: () => entries.snapshot(),
    },
  });
}

/** The same with all that it has in common with what was made of the object before. */
function sharing(now: ObjectEntry, before: ObjectEntry | undefined): ObjectEntry {
  if (before === undefined || "refused" in now || "refused" in before) return now;
  const entry = withStructuralSharing(now.located.entry, before.located.entry);
  return { created: before.created, located: { entry, location: before.located.location } };
}

/** The entry that a ModelRegistration stands for, or what is wrong with it. */
export function registrationOf({ metadata, spec }: KubeObject): ObjectEntry {
  const { name, namespace, creationTimestamp: created = "" } = metadata;
  const location = `ModelRegistration ${namespace}/${name}`;
  const { entry, problems } = entryFromRegistration(name, namespace, spec);
  if (entry === undefined) return { created, refused: { name, location, problems } };
  return { created, located: { entry, location } };
}
