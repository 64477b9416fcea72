import type { KubeClient } from "../../kube/kube-client.ts";
import { reportEvent } from "../../kube/kube-event.ts";
import { resourcePath } from "../../kube/kube-object.ts";
import type { KubeWriter } from "../../kube/kube-writer.ts";
import { listsIn, type WatchedList, type WatchedListTiming } from "../../kube/watched-list.ts";
import { inferenceServices } from "../../sources/kube/inference-service.ts";
import { WorkQueue } from "../work-queue.ts";
import { findRegistry, type RegistryRules } from "./find-registry.ts";
import { LinkProblem } from "./link-problem.ts";
import { isLinked, isSameLink, type LinkedService, type LinkNames, linkedServiceOf } from "./linked-service.ts";
import type { Registries } from "./registry-records.ts";
import { retireRecord, syncRecord } from "./sync-record.ts";

/** The results of the controller's work since it began. */
export interface LinkCounts {
  /** InferenceServices that are linked, and how many of them wait to be processed. */
  readonly linked: number;
  readonly waiting: number;
  /** InferenceServices whose last attempt failed, by reason. */
  readonly failing: ReadonlyMap<string, number>;
  /** Attempts, by outcome. */
  readonly attempts: { readonly written: number; readonly unchanged: number; readonly failed: number };
  /** InferenceServices that were deleted while the registry could not be updated. */
  readonly notUpdated: number;
}

export interface LinkControllerOptions {
  readonly client: KubeClient;
  readonly writer: KubeWriter;
  /** The namespaces to look after; empty: all. */
  readonly namespaces: readonly string[];
  readonly names: LinkNames;
  readonly rules: RegistryRules;
  readonly registries: Registries;
  /** Unlike that of any other process; events name it. */
  readonly identity: string;
  /** Why something could not be done, in words. */
  readonly onTrouble: (problem: string) => void;
  readonly timing?: LinkTiming;
}

export interface LinkTiming {
  /** How long all calls for one InferenceService may take together. */
  readonly attemptMs: number;
  /** How long a deleted InferenceService is kept while the registry does not answer. */
  readonly retireMs: number;
  /**
   * How often linked InferenceServices are processed again without a change, as the registry may have lost its record.
   */
  readonly againMs: number;
  readonly backoff: { readonly minMs: number; readonly maxMs: number };
  readonly watch?: WatchedListTiming;
}

const defaultTiming: LinkTiming = {
  attemptMs: 30_000,
  retireMs: 10_000,
  againMs: 600_000,
  backoff: { minMs: 1000, maxMs: 300_000 },
};

/** How many InferenceServices are processed in parallel. */
const concurrency = 4;

/**
 * Writes InferenceServices that are labelled with a registered model into the registry of versions, with their state.
 * Each is processed by itself, on every change and periodically; only differences are written.
 */
export class LinkController {
  readonly #options: LinkControllerOptions;
  readonly #timing: LinkTiming;
  readonly #lists: readonly WatchedList<LinkedService>[];
  readonly #services = new Map<string, LinkedService>();
  readonly #failing = new Map<string, { readonly uid: string; readonly reason: string; readonly message: string }>();
  #attempts = { written: 0, unchanged: 0, failed: 0 };
  #notUpdated = 0;
  #leading: { readonly queue: WorkQueue; readonly signal: AbortSignal } | undefined;

  constructor(options: LinkControllerOptions) {
    this.#options = options;
    this.#timing = options.timing ?? defaultTiming;
    const { client, names } = options;
    this.#lists = listsIn<LinkedService>(options.namespaces, {
      client,
      resource: inferenceServices,
      convert: (object) => linkedServiceOf(object, names),
      onItem: (now, before) => this.#take(now, before),
      onTrouble: (trouble) => trouble !== undefined && options.onTrouble(trouble),
      ...(this.#timing.watch === undefined ? {} : { timing: this.#timing.watch }),
    });
  }

  start(): void {
    for (const list of this.#lists) list.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#lists.map((list) => list.stop()));
    this.#options.registries.close();
  }

  get counts(): LinkCounts {
    const failing = new Map<string, number>();
    for (const { reason } of this.#failing.values()) failing.set(reason, (failing.get(reason) ?? 0) + 1);
    return {
      linked: [...this.#services.values()].filter((service) => isLinked(service)).length,
      waiting: this.#leading?.queue.waiting ?? 0,
      failing,
      attempts: { ...this.#attempts },
      notUpdated: this.#notUpdated,
    };
  }

  /** Processes all of them from now on, until the signal aborts. */
  lead(lost: AbortSignal): void {
    const queue = new WorkQueue(
      {
        work: (key) => this.#work(key, lost),
        concurrency,
        backoff: this.#timing.backoff,
        onFailure: (key, error) => this.#options.onTrouble(`InferenceService ${key} is not linked: ${error.message}`),
      },
      lost,
    );
    const leading = { queue, signal: lost };
    this.#leading = leading;
    lost.addEventListener("abort", () => {
      if (this.#leading === leading) this.#leading = undefined;
      this.#failing.clear();
    });
    for (const [key, service] of this.#services) if (this.#concerns(service)) queue.add(key);
  }

  #take(now: LinkedService | undefined, before: LinkedService | undefined): void {
    const { namespace, name } = (now ?? before)!;
    const key = `${namespace}/${name}`;
    if (now === undefined) {
      this.#services.delete(key);
      this.#failing.delete(key);
      return;
    }
    this.#services.set(key, now);
    const isNews = before === undefined || before.uid !== now.uid || !isSameLink(now, before);
    if (isNews && this.#concerns(now)) this.#leading?.queue.add(key);
  }

  /** One without labels does not concern us, unless it still has our finalizer. */
  #concerns(service: LinkedService): boolean {
    return isLinked(service) || this.#isHeld(service);
  }

  #isHeld({ finalizers }: LinkedService): boolean {
    return finalizers.includes(this.#options.names.finalizer);
  }

  /** Returns when to look again. */
  async #work(key: string, lost: AbortSignal): Promise<number | undefined> {
    const service = this.#services.get(key);
    if (service === undefined) return undefined;
    // Before the labels are checked: they may have been removed, and nothing else would remove the finalizer.
    if (service.deleting || !isLinked(service)) {
      if (this.#isHeld(service)) await this.#letGo(service, lost);
      this.#failing.delete(key);
      return undefined;
    }
    const signal = AbortSignal.any([lost, AbortSignal.timeout(this.#timing.attemptMs)]);
    try {
      const changed = await this.#link(service, signal);
      this.#attempts[changed ? "written" : "unchanged"]++;
      const failed = this.#failing.delete(key);
      if (changed || failed)
        await this.#report(service, "Linked", "It is recorded in the registry of versions", false, lost);
      return this.#timing.againMs;
    } catch (error) {
      if (lost.aborted) return undefined;
      this.#attempts.failed++;
      await this.#fail(service, key, error as Error, lost);
      throw error;
    }
  }

  /** Returns whether the registry was changed. */
  async #link(service: LinkedService, signal: AbortSignal): Promise<boolean> {
    const { names, rules, writer, registries } = this.#options;
    const records = registries.at(await findRegistry(service, rules, writer, signal), signal);
    const joins = !this.#isHeld(service);
    // Before anything is written, so that a deletion right afterwards is noticed.
    if (joins) await this.#patch(service, { finalizers: [...service.finalizers, names.finalizer] }, signal);
    const { id, changed } = await syncRecord(service, records, joins);
    if (service.recordId !== id) await this.#patch(service, { labels: { [names.inferenceServiceId]: id } }, signal);
    return changed;
  }

  /** Marks it as undeployed in the registry if possible, and removes the finalizer in any case. */
  async #letGo(service: LinkedService, lost: AbortSignal): Promise<void> {
    const { names, rules, writer, registries } = this.#options;
    const signal = AbortSignal.any([lost, AbortSignal.timeout(this.#timing.retireMs)]);
    try {
      await retireRecord(service, registries.at(await findRegistry(service, rules, writer, signal), signal));
    } catch (error) {
      if (lost.aborted) return;
      this.#notUpdated++;
      const { message } = error as Error;
      await this.#report(
        service,
        "RegistryNotUpdated",
        `It was deleted, but its record could not be updated: ${message}`,
        true,
        lost,
      );
    }
    await this.#patch(service, { finalizers: service.finalizers.filter((one) => one !== names.finalizer) }, lost);
  }

  /**
   * A merge patch replaces lists, so the object must not have changed since it was read; labels are added one by one.
   */
  async #patch(
    { namespace, name, uid, resourceVersion }: LinkedService,
    metadata: { readonly finalizers?: readonly string[]; readonly labels?: Readonly<Record<string, string>> },
    signal: AbortSignal,
  ): Promise<void> {
    const path = `${resourcePath(inferenceServices, namespace)}/${name}`;
    const guard = metadata.finalizers === undefined ? { uid } : { uid, resourceVersion };
    const written = await this.#options.writer.write("PATCH", path, { metadata: { ...metadata, ...guard } }, signal);
    if (written === "conflict") {
      throw new LinkProblem("Conflict", "it was changed meanwhile; it is processed again");
    }
  }

  async #fail(service: LinkedService, key: string, error: Error, signal: AbortSignal): Promise<void> {
    const reason = error instanceof LinkProblem ? error.reason : "RegistryFailed";
    const known = this.#failing.get(key);
    // Conflicts resolve themselves and need no Event.
    if (reason === "Conflict") return;
    this.#failing.set(key, { uid: service.uid, reason, message: error.message });
    const isKnown = known?.uid === service.uid && known.reason === reason && known.message === error.message;
    if (!isKnown) await this.#report(service, reason, error.message, true, signal);
  }

  async #report(
    service: LinkedService,
    reason: string,
    message: string,
    isWarning: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const regarding = { ...service, resource: inferenceServices, kind: "InferenceService" };
    await reportEvent(this.#options, regarding, { action: "Link", reason, message, isWarning }, signal);
  }
}
