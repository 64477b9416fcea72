import type { KubeClient } from "../../kube/kube-client.ts";
import type { KubeObject, KubeResource } from "../../kube/kube-object.ts";
import { createPublisher } from "../../kube/publisher.ts";
import { WatchedList, type WatchedListTiming } from "../../kube/watched-list.ts";
import type { SourceKind } from "../../registry/model.ts";
import type { Source, SourceSink, SourceSnapshot } from "../../registry/ports.ts";

/** What every source of a cluster is made with. */
export interface KubeSourceOptions {
  readonly client: KubeClient;
  /** The further cluster (`KSERVE_CLUSTERS`); empty for the own one. */
  readonly cluster: string;
  /** Replaces when to give up and when to try again, for tests of just that. */
  readonly timing?: WatchedListTiming;
}

/** Everything that was made of the objects of a source, of all its namespaces. */
export interface Collection<T> {
  /** Before the first change. What items hold may be known only later: whenever it is, `onChange` is to be called. */
  start?(onChange: () => void): void;
  /** Takes one change; undefined where the item is not there. */
  change(now: T | undefined, before: T | undefined): void;
  /** What all items together hold; undefined when there is nothing to hand over. */
  snapshot(): SourceSnapshot | undefined;
  /** What is wrong with the items as a whole, in words, while the watch itself is well. */
  trouble?(): string | undefined;
}

/** What a source watches, and what it makes of it. */
export interface WatchedSourceOptions<T> extends KubeSourceOptions {
  readonly kind: SourceKind;
  readonly resource: KubeResource;
  /** The namespaces to watch; empty: all of them, by one watch of the whole cluster. */
  readonly namespaces: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
  readonly convert: (object: KubeObject, known: T | undefined) => T;
  readonly collection: Collection<T>;
}

/**
 * Creates a source that watches a resource, in all namespaces or in some. Each namespace is watched by itself: one that
 * cannot be reached keeps what it had, and the others go on.
 */
export function createWatchedSource<T>(options: WatchedSourceOptions<T>): Source {
  const { client, kind, cluster, collection, resource, convert, timing, query } = options;
  let sink: SourceSink | undefined;
  let toldTrouble: string | undefined;
  let handedOver = false;

  const publish = (): void => {
    // At first every namespace gets its chance: half of the models would look like all of them.
    if (handedOver || lists.every((list) => list.complete || list.trouble !== undefined)) {
      const snapshot = lists.some((list) => list.complete) ? collection.snapshot() : undefined;
      if (snapshot !== undefined) {
        handedOver = true;
        sink?.onSnapshot(snapshot);
      }
    }
    const troubles = [...lists.map((list) => list.trouble), collection.trouble?.()].filter(
      (trouble) => trouble !== undefined,
    );
    const trouble = troubles.length === 0 ? undefined : [...new Set(troubles)].join("; ");
    if (trouble === toldTrouble) return;
    toldTrouble = trouble;
    sink?.onTrouble(trouble);
  };
  const publisher = createPublisher(publish);
  const lists = (options.namespaces.length === 0 ? [undefined] : options.namespaces).map(
    (namespace) =>
      new WatchedList<T>({
        client,
        resource,
        namespace,
        convert,
        onItem: (now, before) => collection.change(now, before),
        onChange: publisher.request,
        onTrouble: publisher.request,
        ...(query ? { query } : {}),
        ...(timing ? { timing } : {}),
      }),
  );
  return {
    kind,
    name: cluster === "" ? kind : `${kind} ${cluster}`,
    cluster,
    start(given) {
      sink = given;
      collection.start?.(publisher.request);
      for (const list of lists) list.start();
    },
    async stop() {
      publisher.stop();
      await Promise.all(lists.map((list) => list.stop()));
    },
  };
}
