import type { Model } from "../../../gen/kserve/registry/v1/model_pb.ts";
import { WatchEvent, type WatchModelsResponse } from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { modelId } from "./model-ref.ts";

/** How the stream of models is. */
export type LiveStatus =
  | { readonly kind: "loading" }
  | { readonly kind: "live" }
  /** What is shown is what was known last. */
  | { readonly kind: "broken"; readonly error: unknown };

/** What the page knows of the models at one moment. */
export interface LiveModels {
  /** By name, in order. */
  readonly models: readonly Model[];
  readonly status: LiveStatus;
}

/** How often views are updated at most, in milliseconds; and while most models are still to come, after the first ones. */
const tellMs = 100;
const tellPartMs = 1000;

/** All models, kept up to date by the events of a watch. */
export class ModelStore {
  readonly #byId = new Map<string, Model>();
  readonly #listeners = new Set<() => void>();
  #current: LiveModels = { models: [], status: { kind: "loading" } };
  #status: LiveStatus = { kind: "loading" };
  /** After a reset models are collected here, so that nothing vanishes from the view before its successor is there. */
  #incoming: Map<string, Model> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  apply(events: readonly WatchModelsResponse[]): void {
    for (const { event, model, changedFields } of events) {
      const target = this.#incoming ?? this.#byId;
      if (event === WatchEvent.RESET) this.#incoming = new Map();
      else if (event === WatchEvent.REMOVED) target.delete(modelId(model!));
      else if (event === WatchEvent.SYNCED) this.#sync();
      else if (model !== undefined) {
        if (changedFields.includes("namespace")) forgetName(target, model.name);
        target.set(modelId(model), model);
      }
    }
    if (events.some(({ event }) => event === WatchEvent.SYNCED)) this.#tell();
    // The first rows are shown at once. After that the rest is quicker there where views leave it the time.
    else if (this.#current.models.length === 0 && this.#byId.size > 0) this.#tell();
    else this.#tellSoon(this.#status.kind === "loading" ? tellPartMs : tellMs);
  }

  /** The models of another tab, whole. */
  replace(models: readonly Model[], status: LiveStatus): void {
    this.#byId.clear();
    for (const model of models) this.#byId.set(modelId(model), model);
    this.#incoming = undefined;
    this.setStatus(status);
  }

  /** A stream that has no place to go on from begins with all models, and forgets those it does not name. */
  expectAll(): void {
    this.#incoming = this.#byId.size > 0 ? new Map() : undefined;
  }

  setStatus(status: LiveStatus): void {
    this.#status = status;
    this.#tell();
  }

  get status(): LiveStatus {
    return this.#status;
  }

  /** All models as they are now, told or not; undefined while they are still coming, at the beginning or after a reset. */
  all(): readonly Model[] | undefined {
    const isComing = this.#status.kind === "loading" || (this.#status.kind === "live" && this.#incoming !== undefined);
    return isComing ? undefined : [...this.#byId.values()];
  }

  readonly current = (): LiveModels => this.#current;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #sync(): void {
    if (this.#incoming !== undefined) {
      this.#byId.clear();
      for (const [id, model] of this.#incoming) this.#byId.set(id, model);
      this.#incoming = undefined;
    }
    this.#status = { kind: "live" };
  }

  #tellSoon(afterMs: number): void {
    this.#timer ??= setTimeout(() => this.#tell(), afterMs);
  }

  #tell(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const models = [...this.#byId].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, model]) => model);
    this.#current = { models, status: this.#status };
    for (const listener of this.#listeners) listener();
  }
}

/** A model that has moved to another namespace takes the place of the one model of its name. */
function forgetName(models: Map<string, Model>, name: string): void {
  for (const [id, model] of models) if (model.name === name) models.delete(id);
}
