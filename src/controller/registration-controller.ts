import { isLongerThan } from "../base/json-pieces.ts";
import { yieldIfBusy } from "../base/yield-if-busy.ts";
import type { KubeMetadata, KubeObject } from "../kube/kube-object.ts";
import type { RegisteredModel } from "../registry/model.ts";
import type { LocatedEntry, Source, SourceItem } from "../registry/ports.ts";
import type { Readiness } from "../registry/readiness.ts";
import type { Registry } from "../registry/registry.ts";
import { isLocated } from "../registry/source-update.ts";
import type { TrustRules } from "../registry/trust.ts";
import { judgedSource } from "../sources/judged-source.ts";
import { createInferenceServiceFacts } from "../sources/kube/inference-service.ts";
import { modelRegistrations, registrationItem } from "../sources/kube/model-registration.ts";
import { createWatchedSource, type KubeSourceOptions } from "../sources/kube/watched-source.ts";
import { withInferenceServices } from "../sources/kube/with-inference-services.ts";
import { type RegistrationOutcome, type RegistrationStatus, registrationStatus } from "./registration-status.ts";
import type { StatusWriter } from "./status-writer.ts";

/** A ModelRegistration as the controller sees it. */
interface Controlled {
  /** No more of the metadata than this: anyone may put 256 KiB of annotations into each object. */
  readonly id: Required<Pick<KubeMetadata, "name" | "namespace" | "uid" | "generation">>;
  readonly item: SourceItem;
  readonly status: RegistrationStatus;
}

/** The inputs of a status: from equal inputs it is equal. */
interface Judged {
  readonly controlled: Controlled;
  /** The registry's item; undefined until the registry has applied it. */
  readonly item: SourceItem | undefined;
  /** The model of the name and namespace, of this registration or of another one. */
  readonly model: RegisteredModel | undefined;
  readonly readiness: Readiness | undefined;
}

export interface RegistrationControllerOptions extends KubeSourceOptions {
  readonly namespaces: readonly string[];
  readonly rules: TrustRules;
}

/** Several times what this controller writes. */
const maxStatusChars = 32 * 1024;

/** Changes within this time are processed together. */
const settleMs = 50;

/**
 * Gives every ModelRegistration its status: whether it was accepted, which address was resolved, and whether its model
 * is ready. It uses the same registry as the service, filled from registrations alone, so that both come to the same
 * result.
 */
export class RegistrationController {
  /** Fills the registry. */
  readonly source: Source;
  readonly #registry: Registry;
  readonly #judged = new Map<string, Judged>();
  readonly #items = new Set<Controlled>();
  #writer: StatusWriter | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isJudging = false;

  /** @param options.namespaces the namespaces to watch; empty: all */
  constructor(registry: Registry, options: RegistrationControllerOptions) {
    this.#registry = registry;
    const registrations = createWatchedSource<Controlled>({
      ...options,
      kind: "model-registration",
      resource: modelRegistrations,
      convert: (object, known) => {
        const { name, namespace, uid, generation = 0 } = object.metadata;
        const item = known?.id.generation === generation ? known!.item : registrationItem(object, options.trusts);
        return { id: { name, namespace, uid, generation }, item, status: statusOf(object) };
      },
      reader: {
        change: (now, before, update) => {
          if (before !== undefined) this.#items.delete(before);
          if (now !== undefined) this.#items.add(now);
          update.setItem((now ?? before)!.item.location, now?.item);
          this.#schedule();
        },
      },
    });
    this.source = judgedSource(
      withInferenceServices(registrations, createInferenceServiceFacts(options)),
      options.rules,
    );
    registry.subscribe(() => this.#schedule());
  }

  /** How many registrations there are. */
  get count(): number {
    return this.#items.size;
  }

  /** Writes every status from now on, until the signal aborts. */
  lead(writer: StatusWriter, lost: AbortSignal): void {
    this.#writer = writer;
    this.#judged.clear();
    this.#schedule();
    lost.addEventListener("abort", () => {
      if (this.#writer === writer) this.#writer = undefined;
    });
  }

  #schedule(): void {
    if (this.#writer === undefined) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      // What has changed may have been looked at already.
      if (this.#isJudging) this.#schedule();
      else void this.#judgeAll();
    }, settleMs).unref();
  }

  /** Looks at all of them, thousands, and lets others have their turn. */
  async #judgeAll(): Promise<void> {
    const writer = this.#writer;
    if (writer === undefined) return;
    this.#isJudging = true;
    try {
      await this.#judgeFor(writer);
    } finally {
      this.#isJudging = false;
    }
  }

  async #judgeFor(writer: StatusWriter): Promise<void> {
    const now = `${new Date().toISOString().slice(0, 19)}Z`;
    const present = new Set<string>();
    for (const controlled of [...this.#items]) {
      const { uid } = controlled.id;
      present.add(uid);
      const pause = yieldIfBusy();
      if (pause !== undefined) await pause;
      if (this.#writer !== writer) return;
      // It may have changed or gone meanwhile.
      if (!this.#items.has(controlled)) continue;
      const judged = this.#look(controlled);
      const outcome = outcomeOf(judged);
      if (outcome === undefined || isSame(judged, this.#judged.get(uid))) continue;
      this.#judged.set(uid, judged);
      const { name, namespace, generation } = controlled.id;
      const status = registrationStatus(outcome, generation, controlled.status, now);
      writer.want({ name, namespace, uid, status, current: controlled.status });
    }
    for (const uid of this.#judged.keys()) {
      if (!present.has(uid)) this.#judged.delete(uid);
    }
  }

  #look(controlled: Controlled): Judged {
    const item = this.#registry.itemAt(this.source, controlled.item.location);
    const model = item === undefined || !isLocated(item) ? undefined : this.#registry.find(item.entry);
    const readiness = model === undefined ? undefined : this.#registry.readiness(model.key);
    return { controlled, item, model, readiness };
  }
}

/** Undefined until the registry has applied the registration. */
function outcomeOf({ item, model, readiness }: Judged): RegistrationOutcome | undefined {
  if (item === undefined) return undefined;
  if (!isLocated(item)) {
    return { accepted: false, reason: item.untrusted ? "NotTrusted" : "Invalid", problems: item.problems };
  }
  if (model === undefined) return undefined;
  if (model.location === item.location) return { accepted: true, model, readiness: readiness! };
  const message = `${model.location} has the name ${item.entry.name} in namespace ${item.entry.namespace} and takes precedence: ${whyBefore(model, item)}`;
  return { accepted: false, reason: "NameTaken", problems: [{ field: "metadata.name", message }] };
}

function whyBefore(model: RegisteredModel, { tenant }: LocatedEntry): string {
  return model.tenant === undefined && tenant !== undefined ? "its namespace is trusted" : "it is older";
}

function isSame(a: Judged, b: Judged | undefined): boolean {
  return (
    a.controlled === b?.controlled &&
    a.item === b.item &&
    a.model === b.model &&
    a.readiness?.state === b.readiness?.state &&
    a.readiness?.reason === b.readiness?.reason
  );
}

/** A status that is far too long was not written by this controller, and is written over as if it were none. */
function statusOf({ status }: KubeObject): RegistrationStatus {
  return status === undefined || isLongerThan(maxStatusChars, status) ? {} : (status as RegistrationStatus);
}
