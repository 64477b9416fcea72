import { isDeepStrictEqual } from "node:util";
import type { KubeObject, KubeResource } from "../../kube/kube-object.ts";
import type { LabelSelector } from "../../kube/label-selector.ts";
import type { InferenceServiceFacts, Source } from "../../registry/ports.ts";
import { entryFromInferenceService, ownAnnotations } from "./inference-service-entry.ts";
import { factsFromInferenceService } from "./inference-service-facts.ts";
import { type ObjectEntry, OldestWins } from "./oldest-wins.ts";
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
  /** What the entry was made of; compared, because a status changes often and an annotation seldom. */
  readonly said: { readonly selected: boolean; readonly annotations: Readonly<Record<string, string>> };
  /** Undefined when it is not selected. */
  readonly entry: ObjectEntry | undefined;
}

/**
 * Creates the source of InferenceServices: it tells the facts of all that it sees, and has a model of each that the
 * selector takes.
 */
export function createInferenceServiceSource(
  options: KubeSourceOptions & {
    /** Empty: all. */
    readonly namespaces: readonly string[];
    readonly selector: LabelSelector;
  },
): Source {
  const entries = new OldestWins();
  const facts = new Map<string, InferenceServiceFacts>();
  return createWatchedSource<Discovered>({
    ...options,
    kind: "discovery",
    resource: inferenceServices,
    convert: (object, known) => {
      const { annotations, labels = {} } = object.metadata;
      const read = factsFromInferenceService(object);
      const said = { selected: options.selector(labels), annotations: ownAnnotations(annotations) };
      return {
        facts: isDeepStrictEqual(known?.facts, read) ? known!.facts : read,
        said,
        entry: isDeepStrictEqual(known?.said, said) ? known!.entry : said.selected ? objectEntry(object) : undefined,
      };
    },
    collection: {
      change(now, before) {
        entries.change(now?.entry, before?.entry);
        if (now === undefined) facts.delete(keyOf(before!.facts));
        else facts.set(keyOf(now.facts), now.facts);
      },
      snapshot: () => ({ ...entries.snapshot(), inferenceServices: [...facts.values()] }),
    },
  });
}

/** Hands over nothing but facts, for the sources whose entries name InferenceServices. */
export function createInferenceServiceFacts(
  options: KubeSourceOptions & { readonly namespaces: readonly string[] },
): Source {
  return createInferenceServiceSource({ ...options, selector: () => false });
}

function keyOf({ namespace, name }: InferenceServiceFacts): string {
  return `${namespace}/${name}`;
}

function objectEntry({ metadata }: KubeObject): ObjectEntry {
  const { name, namespace, creationTimestamp: created = "" } = metadata;
  const location = `InferenceService ${namespace}/${name}`;
  const { entry, problems } = entryFromInferenceService(metadata);
  if (entry === undefined) return { created, refused: { name, location, problems } };
  return { created, located: { entry, location } };
}
