import type { EntryProblem } from "../../base/field-reader.ts";
import { isLongerThan } from "../../base/json-pieces.ts";
import { ownText } from "../../base/own-text.ts";
import type { KubeClient } from "../../kube/kube-client.ts";
import type { KubeMetadata, KubeObject, KubeResource } from "../../kube/kube-object.ts";
import { listsIn, type WatchedListTiming } from "../../kube/watched-list.ts";
import type { SourceKind } from "../../registry/model.ts";
import type { ParsedEntry } from "../../registry/model-entry.ts";
import type { Source, SourceItem, SourceSink } from "../../registry/ports.ts";
import { SourceUpdate } from "../../registry/source-update.ts";

/** What every source of a cluster is made with. */
export interface KubeSourceOptions {
  readonly client: KubeClient;
  /** The further cluster (`KSERVE_CLUSTERS`); empty for the own one. */
  readonly cluster: string;
  /** Whether the owners of a namespace may speak for others than it. */
  readonly trusts: (namespace: string) => boolean;
  /** Replaces when to give up and when to try again, for tests of just that. */
  readonly timing?: WatchedListTiming;
}

/** The most that the entry of one object may have in an untrusted namespace, in characters. Anyone there can create thousands. */
const maxEntryChars = 64 * 1024;
/** How many problems of an object are kept. */
const maxProblems = 16;

/**
 * The source's item for an object: an entry, or its problems. Owners of untrusted namespaces can only register models
 * of their own.
 */
export function itemOf(
  { name, namespace, creationTimestamp: created = "" }: Pick<KubeMetadata, "name" | "namespace" | "creationTimestamp">,
  location: string,
  { entry, problems }: ParsedEntry,
  trusts: KubeSourceOptions["trusts"],
): SourceItem {
  const standing = trusts(namespace) ? {} : { tenant: namespace };
  if (entry === undefined) return { name, location, problems: firstOf(problems), ...standing };
  if (standing.tenant !== undefined && isLongerThan(maxEntryChars, entry)) {
    const message = `expected at most ${maxEntryChars} characters in all; shorten it, or trust the namespace ${namespace} (KSERVE_TRUSTED_NAMESPACES)`;
    return { name, location, problems: [{ field: "", message }], ...standing };
  }
  return { entry, location, created, ...standing };
}

/** The first problems, as texts of their own: parts of texts keep the whole texts in memory. */
function firstOf(problems: readonly EntryProblem[]): readonly EntryProblem[] {
  const first = problems.slice(0, maxProblems).map(({ field, message }) => ({
    field: ownText(field),
    message: ownText(message),
  }));
  const more = problems.length - first.length;
  return more === 0 ? first : [...first, { field: "", message: `at least ${more} more problems` }];
}

/** Makes of changed objects what a source says. */
export interface ObjectReader<T> {
  /**
   * Before the first change. What objects hold may be known only later: whenever it is, it is noted in `update`, and
   * `publish` is to be called.
   */
  start?(update: SourceUpdate, publish: () => void): void;
  /** Notes in `update` what a change of one object means; undefined where the object is not there. */
  change(now: T | undefined, before: T | undefined, update: SourceUpdate): void;
  /** Whether what objects hold is still being read: at first nothing is handed over until it is. Default: never. */
  isBusy?(): boolean;
  /** A problem of the objects as a whole, in words, while the watch itself is fine. */
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
  readonly reader: ObjectReader<T>;
}

/**
 * Creates a source that watches a resource in all namespaces or in some. Each namespace is watched separately: one that
 * cannot be reached keeps its last items, and the others continue. A change of an object is passed on at once.
 */
export function createWatchedSource<T>(options: WatchedSourceOptions<T>): Source {
  const { client, kind, cluster, reader, resource, convert, timing, query } = options;
  const update = new SourceUpdate();
  update.replace({ entries: [], refused: [] });
  let sink: SourceSink | undefined;
  let reportedTrouble: string | undefined;
  let handedOver = false;

  const publish = (): void => {
    if (sink === undefined) return;
    // At first every namespace gets its chance: half of the models would look like all of them.
    handedOver ||= lists.every((list) => list.complete || list.trouble !== undefined) && reader.isBusy?.() !== true;
    if (handedOver && !update.isEmpty && lists.some((list) => list.complete)) update.handTo(sink);
    const troubles = [...lists.map((list) => list.trouble), reader.trouble?.()].filter(
      (trouble) => trouble !== undefined,
    );
    const trouble = troubles.length === 0 ? undefined : [...new Set(troubles)].join("; ");
    if (trouble === reportedTrouble) return;
    reportedTrouble = trouble;
    sink.onTrouble(trouble);
  };
  const lists = listsIn<T>(options.namespaces, {
    client,
    resource,
    convert,
    onItem: (now, before) => reader.change(now, before, update),
    onChange: publish,
    onTrouble: publish,
    ...(query ? { query } : {}),
    ...(timing ? { timing } : {}),
  });
  return {
    kind,
    name: cluster === "" ? kind : `${kind} ${cluster}`,
    cluster,
    start(given) {
      sink = given;
      reader.start?.(update, publish);
      for (const list of lists) list.start();
    },
    async stop() {
      sink = undefined;
      await Promise.all(lists.map((list) => list.stop()));
    },
  };
}
