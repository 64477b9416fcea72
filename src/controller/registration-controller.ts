import type { KubeMetadata, KubeObject } from "../kube/kube-object.ts";
import type { RegisteredModel } from "../registry/model.ts";
import type { RefusedEntry, Source } from "../registry/ports.ts";
import type { Readiness } from "../registry/readiness.ts";
import type { Registry } from "../registry/registry.ts";
import { createInferenceServiceFacts } from "../sources/kube/inference-service.ts";
import { modelRegistrations, registrationOf } from "../sources/kube/model-registration.ts";
import { type ObjectEntry, OldestWins } from "../sources/kube/oldest-wins.ts";
import { createWatchedSource, type KubeSourceOptions } from "../sources/kube/watched-source.ts";
import { withInferenceServices } from "../sources/kube/with-inference-services.ts";
import { type RegistrationOutcome, type RegistrationStatus, registrationStatus } from "./registration-status.ts";
import type { StatusWriter } from "./status-writer.ts";

/** A ModelRegistration as the controller sees it. */
interface Controlled {
  readonly metadata: KubeMetadata;
  readonly entry: ObjectEntry;
  readonly status: RegistrationStatus;
}

/** What a status was made of: made of the same, it is the same. */
interface Judged {
  readonly controlled: Controlled;
  readonly model: RegisteredModel | undefined;
  readonly refused: RefusedEntry | undefined;
  readonly readiness: Readiness | undefined;
}

/** Changes that come together are looked at together. */
const settleMs = 50;

/**
 * Gives every ModelRegistration its status: whether it was accepted, which address it came to, and whether its model is
 * ready. The registry is the same as in the service, filled from registrations alone, so that both judge alike.
 */
export class RegistrationController {
  /** Fills the registry. */
  readonly source: Source;
  readonly #registry: Registry;
  readonly #judged = new Map<string, Judged>();
  readonly #items = new Set<Controlled>();
  #refused: ReadonlyMap<string, RefusedEntry> = new Map();
  #writer: StatusWriter | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param options.namespaces the namespaces to look after; empty: all */
  constructor(registry: Registry, options: KubeSourceOptions & { readonly namespaces: readonly string[] }) {
    this.#registry = registry;
    const entries = new OldestWins();
    const registrations = createWatchedSource<Controlled>({
      ...options,
      kind: "model-registration",
      resource: modelRegistrations,
      convert: (object, known) => ({
        metadata: object.metadata,
        entry: known?.metadata.generation === object.metadata.generation ? known!.entry : registrationOf(object),
        status: statusOf(object),
      }),
      collection: {
        change: (now, before) => {
          entries.change(now?.entry, before?.entry);
          if (before !== undefined) this.#items.delete(before);
          if (now !== undefined) this.#items.add(now);
        },
        snapshot: () => {
          const snapshot = entries.snapshot();
          this.#refused = new Map(snapshot.refused.map((refused) => [refused.location, refused]));
          this.#schedule();
          return snapshot;
        },
      },
    });
    this.source = withInferenceServices(registrations, createInferenceServiceFacts(options));
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
      this.#judgeAll();
    }, settleMs).unref();
  }

  #judgeAll(): void {
    const writer = this.#writer;
    if (writer === undefined) return;
    const now = `${new Date().toISOString().slice(0, 19)}Z`;
    const present = new Set<string>();
    for (const controlled of this.#items) {
      const { uid } = controlled.metadata;
      present.add(uid);
      const judged = this.#look(controlled);
      const outcome = outcomeOf(judged);
      if (outcome === undefined || isSame(judged, this.#judged.get(uid))) continue;
      this.#judged.set(uid, judged);
      const { name, namespace, generation = 0 } = controlled.metadata;
      const status = registrationStatus(outcome, generation, controlled.status, now);
      writer.want({ name, namespace, uid, status, current: controlled.status });
    }
    for (const uid of this.#judged.keys()) {
      if (!present.has(uid)) this.#judged.delete(uid);
    }
  }

  #look(controlled: Controlled): Judged {
    const { entry } = controlled;
    if ("refused" in entry) return { controlled, model: undefined, refused: entry.refused, readiness: undefined };
    const { location } = entry.located;
    const model = this.#registry.get(entry.located.entry.name);
    if (model?.location !== location) {
      return { controlled, model: undefined, refused: this.#refused.get(location), readiness: undefined };
    }
    return { controlled, model, refused: undefined, readiness: this.#registry.readiness(model.name) };
  }
}

/** Undefined while the registry has not taken the registration in yet. */
function outcomeOf({ controlled, model, refused, readiness }: Judged): RegistrationOutcome | undefined {
  if (model !== undefined) return { accepted: true, model, readiness: readiness! };
  if (refused === undefined) return undefined;
  const reason = "refused" in controlled.entry ? "Invalid" : "NameTaken";
  return { accepted: false, reason, problems: refused.problems };
}

function isSame(a: Judged, b: Judged | undefined): boolean {
  return (
    a.controlled === b?.controlled &&
    a.model === b.model &&
    a.refused === b.refused &&
    a.readiness?.state === b.readiness?.state &&
    a.readiness?.reason === b.readiness?.reason
  );
}

function statusOf({ status }: KubeObject): RegistrationStatus {
  return (status ?? {}) as RegistrationStatus;
}
