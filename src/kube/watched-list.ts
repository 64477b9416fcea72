import { setTimeout as sleep } from "node:timers/promises";
import { type BackoffLimits, backoffMs } from "../base/backoff.ts";
import type { KubeClient } from "./kube-client.ts";
import { KubeError, troubleOf } from "./kube-error.ts";
import { listAll, type PageLimits } from "./kube-list.ts";
import { type KubeObject, type KubeResource, resourcePath } from "./kube-object.ts";
import { type WatchEvent, type WatchLimits, watchFrom } from "./kube-watch.ts";

/** What is watched, and who is told. */
export interface WatchedListOptions<T> {
  readonly client: KubeClient;
  readonly resource: KubeResource;
  /** Undefined: all namespaces. */
  readonly namespace: string | undefined;
  /** `labelSelector` and `fieldSelector`, as the API takes them. */
  readonly query?: Readonly<Record<string, string>>;
  /**
   * Converts an object into what is kept of it. The object itself is not kept.
   *
   * @param known the result for the same object before it changed
   */
  readonly convert: (object: KubeObject, known: T | undefined) => T;
  /**
   * Called after each change of an object with its new and previous conversion; undefined where it does not exist. When
   * a whole list is read again, only differences are reported.
   */
  readonly onItem: (now: T | undefined, before: T | undefined) => void;
  /** Called after each change, and when the list is complete for the first time. */
  readonly onChange?: () => void;
  /** Called whenever `trouble` changes. */
  readonly onTrouble: (trouble: string | undefined) => void;
  readonly timing?: WatchedListTiming;
}

/** Timeouts and retries. */
export interface WatchedListTiming {
  readonly page?: PageLimits;
  readonly watch: WatchLimits;
  readonly backoff: BackoffLimits;
}

const defaultTiming: WatchedListTiming = {
  watch: { timeoutMs: 300_000, silenceMs: 150_000 },
  backoff: { minMs: 200, maxMs: 5000 },
};

/** A watch that lasted this long was no failure, however it ended. */
const livedMs = 1000;

/** Failures that usually resolve themselves count as trouble when this many come in a row. */
const patience = 3;

interface Versioned<T> {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly value: T;
}

/**
 * Keeps a list of Kubernetes objects up to date: lists, then watches from the version of the list, and lists again when
 * the API server has dropped that version. Any error is retried with backoff and jitter for as long as it takes;
 * meanwhile the last list stays in force. A list that breaks off changes nothing.
 */
export class WatchedList<T> {
  readonly #options: WatchedListOptions<T>;
  readonly #timing: WatchedListTiming;
  readonly #path: string;
  readonly #stopping = new AbortController();
  #held = new Map<string, Versioned<T>>();
  #complete = false;
  #trouble: string | undefined;
  #running: Promise<void> | undefined;

  constructor(options: WatchedListOptions<T>) {
    this.#options = options;
    this.#timing = options.timing ?? defaultTiming;
    this.#path = resourcePath(options.resource, options.namespace);
  }

  /** Whether the list has been complete at least once. */
  get complete(): boolean {
    return this.#complete;
  }

  /** Why the list is not up to date, in words; undefined while it is. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  start(): void {
    this.#running ??= this.#run(this.#stopping.signal);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(signal: AbortSignal): Promise<void> {
    let version: string | undefined;
    let failures = 0;
    while (!signal.aborted) {
      let verb: "list" | "watch" = "list";
      let openTime: number | undefined;
      let waitMs = 0;
      try {
        version ??= await this.#list(signal);
        verb = "watch";
        const { client, query = {} } = this.#options;
        const onOpen = (): void => {
          openTime = performance.now();
          this.#setTrouble(undefined);
        };
        const onEvent = (event: WatchEvent): void => {
          version = event.object.metadata.resourceVersion;
          if (!signal.aborted) this.#take(event);
        };
        await watchFrom(client, this.#path, query, version, this.#timing.watch, onOpen, onEvent, signal);
        if (lived(openTime)) failures = 0;
        else if (++failures >= patience) this.#setTrouble("the API server closes every watch at once");
      } catch (thrown) {
        if (signal.aborted) return;
        const error = thrown instanceof KubeError ? thrown : new KubeError(String(thrown), { cause: thrown });
        failures = lived(openTime) ? 1 : failures + 1;
        // A watch that only lost its connection continues from where it was; for anything else, a fresh list is safe.
        const lostConnection = error.status === undefined && failures < patience;
        if (!lostConnection && error.status !== 429) version = undefined;
        waitMs = error.retryAfterMs ?? 0;
        const mendsItself = error.status === 410 || (openTime !== undefined && error.status === undefined);
        if (!mendsItself || failures >= patience) {
          const { resource, namespace } = this.#options;
          this.#setTrouble(troubleOf(error, { verb, resource, namespace }));
        }
        // The first such failure is common, and can be retried at once.
        if (mendsItself && failures === 1) continue;
      }
      if (failures > 0) {
        waitMs = Math.max(waitMs, backoffMs(failures, this.#timing.backoff));
        await sleep(waitMs, undefined, { signal }).catch(() => {});
      }
    }
  }

  async #list(signal: AbortSignal): Promise<string> {
    const held = new Map<string, Versioned<T>>();
    const { client, query = {} } = this.#options;
    const onObject = (object: KubeObject): void => this.#put(held, object);
    const version = await listAll(client, this.#path, query, onObject, signal, this.#timing.page);
    // Only now: an incomplete list must not replace the last one.
    const before = this.#held;
    this.#held = held;
    this.#complete = true;
    for (const [key, { value }] of before) if (!held.has(key)) this.#options.onItem(undefined, value);
    for (const [key, { value }] of held) this.#report(value, before.get(key)?.value);
    this.#options.onChange?.();
    return version;
  }

  #take({ type, object }: WatchEvent): void {
    if (type === "BOOKMARK") return;
    const key = keyOf(object);
    const before = this.#held.get(key)?.value;
    if (type === "DELETED") this.#held.delete(key);
    else this.#put(this.#held, object);
    this.#report(this.#held.get(key)?.value, before);
    this.#options.onChange?.();
  }

  #report(now: T | undefined, before: T | undefined): void {
    if (now !== before) this.#options.onItem(now, before);
  }

  #put(into: Map<string, Versioned<T>>, object: KubeObject): void {
    const key = keyOf(object);
    const { uid, resourceVersion } = object.metadata;
    const before = this.#held.get(key);
    const known = before?.uid === uid ? before : undefined;
    if (known?.resourceVersion === resourceVersion) into.set(key, known);
    else into.set(key, { uid, resourceVersion, value: this.#options.convert(object, known?.value) });
  }

  #setTrouble(trouble: string | undefined): void {
    if (this.#trouble === trouble) return;
    this.#trouble = trouble;
    this.#options.onTrouble(trouble);
  }
}

/** A list of a resource for each of some namespaces; where none is named, one for the whole cluster. */
export function listsIn<T>(
  namespaces: readonly string[],
  options: Omit<WatchedListOptions<T>, "namespace">,
): readonly WatchedList<T>[] {
  const places = namespaces.length === 0 ? [undefined] : namespaces;
  return places.map((namespace) => new WatchedList<T>({ ...options, namespace }));
}

function lived(openTime: number | undefined): boolean {
  return openTime !== undefined && performance.now() - openTime >= livedMs;
}

function keyOf({ metadata: { namespace, name } }: KubeObject): string {
  return `${namespace}/${name}`;
}
