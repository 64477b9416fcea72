import { withStructuralSharing } from "../../base/structural-sharing.ts";
import { entryFromRegistration } from "../../documents/registration-entry.ts";
import type { KubeObject, KubeResource } from "../../kube/kube-object.ts";
import type { Source, SourceItem } from "../../registry/ports.ts";
import { isLocated } from "../../registry/source-update.ts";
import { createWatchedSource, itemOf, type KubeSourceOptions } from "./watched-source.ts";

/** The custom resource. */
export const modelRegistrations: KubeResource = {
  group: "aiops.platform.io",
  version: "v1alpha1",
  plural: "modelregistrations",
  origin: "apply its CustomResourceDefinition, manifests/kustomize/crd",
};

interface Registration {
  readonly generation: number | undefined;
  readonly item: SourceItem;
}

/** Creates the source of ModelRegistrations: each is a model of its name. */
export function createModelRegistrationSource(
  options: KubeSourceOptions & {
    /** Empty: all. */
    readonly namespaces: readonly string[];
  },
): Source {
  return createWatchedSource<Registration>({
    ...options,
    kind: "model-registration",
    resource: modelRegistrations,
    convert: (object, known) => {
      const { generation } = object.metadata;
      // Its status changes far more often than what it says of the model.
      if (known !== undefined && generation !== undefined && known.generation === generation) return known;
      return { generation, item: sharing(registrationItem(object, options.trusts), known?.item) };
    },
    reader: { change: (now, before, update) => update.setItem((now ?? before)!.item.location, now?.item) },
  });
}

/** The same with all that it has in common with what was made of the object before. */
function sharing(now: SourceItem, before: SourceItem | undefined): SourceItem {
  if (before === undefined || !isLocated(now) || !isLocated(before)) return now;
  return { ...before, entry: withStructuralSharing(now.entry, before.entry) };
}

/** The entry of a ModelRegistration, or its problems. */
export function registrationItem({ metadata, spec }: KubeObject, trusts: KubeSourceOptions["trusts"]): SourceItem {
  const { name, namespace } = metadata;
  const parsed = entryFromRegistration(name, namespace, spec);
  return itemOf(metadata, `ModelRegistration ${namespace}/${name}`, parsed, trusts);
}
