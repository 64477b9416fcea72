import type { KubeObject, KubeResource } from "../../kube/kube-object.ts";
import type { LabelSelector } from "../../kube/label-selector.ts";
import type { InferenceServiceFacts, Source, SourceItem } from "../../registry/ports.ts";
import { factsKey } from "../../registry/source-update.ts";
import { entryFromInferenceService, ownAnnotations } from "./inference-service-entry.ts";
import { factsFromInferenceService } from "./inference-service-facts.ts";
import { createWatchedSource, type KubeSourceOptions } from "./watched-source.ts";

/** KServe's resource. */
export const inferenceServices: KubeResource = {
  group: "serving.kserve.io",
  version: "v1beta1",
  plural: "inferenceservices",
  origin: "KServe is not installed in this cluster",
};

interface Discovered {
  readonly facts: InferenceServiceFacts;
  /** Undefined when it is not selected. */
  readonly item: SourceItem | undefined;
  /** What the item was made of: a status changes often, and an annotation seldom. */
  readonly said: string;
}

/**
 * Creates the source of InferenceServices: it reports the facts of all that it sees, and has a model of each that the
 * selector takes.
 */
export function createInferenceServiceSource(
  options: KubeSourceOptions & {
    /** Empty: all. */
    readonly namespaces: readonly string[];
    readonly selector: LabelSelector;
  },
): Source {
  return createWatchedSource<Discovered>({
    ...options,
    kind: "discovery",
    resource: inferenceServices,
    convert: (object, known) => {
      const { annotations, labels = {} } = object.metadata;
      const selected = options.selector(labels);
      const said = JSON.stringify([selected, ownAnnotations(annotations)]);
      const facts = factsFromInferenceService(object, options.trusts);
      if (known?.said === said) return { facts, item: known.item, said: known.said };
      return { facts, item: selected ? serviceItem(object, options.trusts) : undefined, said };
    },
    reader: {
      change(now, before, update) {
        const { facts, item } = (now ?? before)!;
        update.setFacts(factsKey(facts.namespace, facts.name), now?.facts);
        const location = (item ?? before?.item)?.location;
        if (location !== undefined) update.setItem(location, now?.item);
      },
    },
  });
}

/** Hands over nothing but facts, for the sources whose entries name InferenceServices. */
export function createInferenceServiceFacts(
  options: KubeSourceOptions & { readonly namespaces: readonly string[] },
): Source {
  return createInferenceServiceSource({ ...options, selector: () => false });
}

function serviceItem({ metadata }: KubeObject, trusts: KubeSourceOptions["trusts"]): SourceItem {
  const { name, namespace, creationTimestamp: created = "" } = metadata;
  const location = `InferenceService ${namespace}/${name}`;
  const { entry, problems } = entryFromInferenceService(metadata);
  const standing = trusts(namespace) ? {} : { tenant: namespace };
  if (entry === undefined) return { name, location, problems, ...standing };
  return { entry, location, created, ...standing };
}
