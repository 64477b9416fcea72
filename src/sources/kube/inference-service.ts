import { digestOf } from "../../base/digest-of.ts";
import type { KubeObject, KubeResource } from "../../kube/kube-object.ts";
import type { LabelSelector } from "../../kube/label-selector.ts";
import type { InferenceServiceFacts, Source, SourceItem } from "../../registry/ports.ts";
import { factsKey, type SourceUpdate } from "../../registry/source-update.ts";
import type { AnnotationList } from "./annotation-list.ts";
import type { AnnotationThread as AnnotationThreadType } from "./annotation-thread.ts";
import { entryFromInferenceService, longListsOf, ownAnnotations } from "./inference-service-entry.ts";
import { factsFromInferenceService } from "./inference-service-facts.ts";
import { createWatchedSource, itemOf, type KubeSourceOptions } from "./watched-source.ts";

/** KServe's resource. */
export const inferenceServices: KubeResource = {
  group: "serving.kserve.io",
  version: "v1beta1",
  plural: "inferenceservices",
  origin: "KServe is not installed in this cluster",
};

/** What an InferenceService that is selected says of its model. */
interface Said {
  readonly location: string;
  /** A hash of what its annotations say: a status changes often, and these seldom. */
  readonly hash: string;
  /** Undefined until its lists are read. */
  item: SourceItem | undefined;
  /** Undefined once all of its lists are read, so that nothing more of the object is kept. */
  unread: Unread | undefined;
}

interface Unread {
  readonly longLists: readonly string[];
  readonly itemOf: (longLists: ReadonlyMap<string, AnnotationList>) => SourceItem;
}

interface Discovered {
  readonly facts: InferenceServiceFacts;
  /** Undefined when it is not selected. */
  readonly said: Said | undefined;
}

/** After how long a list that was given up is read again, in milliseconds. */
const againMs = 5000;

/**
 * Creates the source of InferenceServices: it reports the facts of all that it sees, and has a model of each that the
 * selector takes. One whose annotations take long to read is as it was until they are read.
 */
export function createInferenceServiceSource(
  options: KubeSourceOptions & {
    /** Empty: all. */
    readonly namespaces: readonly string[];
    readonly selector: LabelSelector;
  },
): Source {
  const { trusts, selector } = options;
  let thread: AnnotationThreadType | undefined;
  let stopped = false;
  /**
   * Objects whose annotations are being read, or are to be read again, by location. One that is missing here has
   * changed, or was deleted.
   */
  const unread = new Map<string, Said>();
  let reading = 0;
  let publish = (): void => {};

  const read = async (said: Said, { longLists, itemOf }: Unread, update: SourceUpdate): Promise<void> => {
    reading++;
    const lists = new Map<string, AnnotationList>();
    for (const text of longLists) {
      // Only here, so that it is a file of its own in the bundle, and the thread reads little else.
      const { AnnotationThread } = await import("./annotation-thread.ts");
      if (stopped) return;
      thread ??= new AnnotationThread();
      lists.set(text, await thread.read(text));
    }
    reading--;
    if (stopped) return;
    // Meanwhile it may say something else, or be gone.
    if (unread.get(said.location) === said) {
      said.item = itemOf(lists);
      update.setItem(said.location, said.item);
      if ([...lists.values()].some((list) => "mayPass" in list)) {
        setTimeout(() => readOrLeave(said, update), againMs).unref();
      } else {
        unread.delete(said.location);
        said.unread = undefined;
      }
    }
    publish();
  };

  const readOrLeave = (said: Said, update: SourceUpdate): void => {
    if (said.unread !== undefined && unread.get(said.location) === said) void read(said, said.unread, update);
  };

  const source = createWatchedSource<Discovered>({
    ...options,
    kind: "discovery",
    resource: inferenceServices,
    convert: (object, known) => {
      const facts = factsFromInferenceService(object, trusts);
      if (!selector(object.metadata.labels ?? {})) return { facts, said: undefined };
      const said = JSON.stringify(ownAnnotations(object.metadata.annotations));
      const hash = digestOf(said);
      return { facts, said: known?.said?.hash === hash ? known.said : saidBy(object, hash, trusts) };
    },
    reader: {
      start(_update, given) {
        publish = given;
      },
      isBusy: () => reading > 0,
      change(now, before, update) {
        const { facts } = (now ?? before)!;
        update.setFacts(factsKey(facts.namespace, facts.name), now?.facts);
        const said = now?.said;
        const location = (said ?? before?.said)?.location;
        if (location === undefined) return;
        if (said === undefined || said.item !== undefined) update.setItem(location, said?.item);
        if (said === before?.said) return;
        unread.delete(location);
        if (said?.unread === undefined) return;
        unread.set(location, said);
        readOrLeave(said, update);
      },
    },
  });
  return {
    ...source,
    async stop() {
      stopped = true;
      thread?.stop();
      await source.stop();
    },
  };
}

/** Hands over nothing but facts, for the sources whose entries name InferenceServices. */
export function createInferenceServiceFacts(
  options: KubeSourceOptions & { readonly namespaces: readonly string[] },
): Source {
  return createInferenceServiceSource({ ...options, selector: () => false });
}

function saidBy({ metadata }: KubeObject, hash: string, trusts: KubeSourceOptions["trusts"]): Said {
  // While its lists are being read, these are kept, and no other annotations of the object.
  const { name, namespace, creationTimestamp = "" } = metadata;
  const kept = { name, namespace, creationTimestamp };
  const annotations = ownAnnotations(metadata.annotations);
  const location = `InferenceService ${namespace}/${name}`;
  const read: Unread["itemOf"] = (lists) =>
    itemOf(kept, location, entryFromInferenceService({ name, namespace, annotations }, lists), trusts);
  const longLists = longListsOf(annotations);
  return longLists.length === 0
    ? { location, hash, item: read(new Map()), unread: undefined }
    : { location, hash, item: undefined, unread: { longLists, itemOf: read } };
}
