import { UnreadableFile } from "../base/cached-file.ts";
import { Cancellation } from "../base/cancellation.ts";
import { valueUnder } from "../base/value-under.ts";
import type { BytesHolder } from "../registry/bytes-holder.ts";
import type { ModelMetadata } from "../registry/inference.ts";
import type { MemoryBudget } from "../registry/memory-budget.ts";
import type { RegisteredModel } from "../registry/model.ts";
import { ExchangeFailure } from "./http/exchange.ts";
import { errorFromFailure, unreadableCredentials } from "./http/upstream-error.ts";
import { sizeOfMetadata } from "./metadata-limits.ts";

/** How long a server may take to describe a model, however many wait for it. */
const askTimeoutMs = 10_000;
/** A description is not requested again within this time, whatever fails: callers may send invalid rows at any rate. */
const minAgeMs = 5000;

/**
 * How many bytes are kept in all. Beyond that the largest descriptions are dropped, so that a model with long ones does
 * not displace those of others.
 */
const maxKeptBytes = 16 * 1024 * 1024;

/** The caller: waiting ends with its call, and where the model wants it, the request is made in its name. */
export interface Asker {
  readonly cancellation: Cancellation<Error>;
  readonly authorization?: string | undefined;
  /** What the bytes of the answers count for. */
  readonly holder?: BytesHolder;
}

interface Known<Description> {
  readonly description: Description;
  readonly askedMs: number;
  readonly model: WeakRef<RegisteredModel>;
  readonly bytes: number;
}

/**
 * Caches model servers' descriptions of models. Each is requested once, however many calls wait for it. A changed model
 * is another object, and its description is requested again.
 */
export class DescriptionCache<Description extends { readonly metadata: ModelMetadata }> {
  readonly #memory: MemoryBudget;
  readonly #ask: (model: RegisteredModel, asker: Asker) => Promise<Description>;
  readonly #known = new WeakMap<RegisteredModel, Known<Description>>();
  readonly #kept = new Set<Known<Description>>();
  readonly #asking = new WeakMap<RegisteredModel, Promise<Description>>();
  #keptBytes = 0;

  constructor(memory: MemoryBudget, ask: (model: RegisteredModel, asker: Asker) => Promise<Description>) {
    this.#memory = memory;
    this.#ask = ask;
  }

  /** @throws RegistryError, or the reason of the cancellation */
  of(model: RegisteredModel, { cancellation, authorization }: Asker): Promise<Description> | Description {
    const known = this.#known.get(model);
    if (known !== undefined) return known.description;
    const asking = valueUnder(this.#asking, model, () => this.#askNow(model, authorization));
    return unlessCancelled(asking, cancellation);
  }

  /** To be called when a call failed in a way that another description may explain. */
  doubt(model: RegisteredModel): void {
    const known = this.#known.get(model);
    if (known !== undefined && performance.now() - known.askedMs > minAgeMs) this.#forget(known);
  }

  async #askNow(model: RegisteredModel, authorization: string | undefined): Promise<Description> {
    const cancellation = new Cancellation<Error>();
    const holder: BytesHolder = { heldBytes: 0 };
    const late = Object.assign(new Error("the description did not come in time"), { code: "ETIMEDOUT" });
    const timer = setTimeout(() => cancellation.cancel(new ExchangeFailure(late, true)), askTimeoutMs);
    try {
      const description = await this.#ask(model, { cancellation, authorization, holder });
      this.#keep(model, description);
      return description;
    } catch (error) {
      if (error instanceof ExchangeFailure) throw errorFromFailure(model, error, 1);
      if (error instanceof UnreadableFile) throw unreadableCredentials(model, error);
      throw error;
    } finally {
      clearTimeout(timer);
      this.#memory.release(holder);
      this.#asking.delete(model);
    }
  }

  #keep(model: RegisteredModel, description: Description): void {
    const bytes = sizeOfMetadata(description.metadata);
    const known = { description, askedMs: performance.now(), model: new WeakRef(model), bytes };
    this.#known.set(model, known);
    this.#kept.add(known);
    this.#keptBytes += bytes;
    while (this.#keptBytes > maxKeptBytes) this.#forget(this.#largest());
  }

  /** The largest; one of a model that is gone before it. */
  #largest(): Known<Description> {
    let [largest] = this.#kept;
    for (const known of this.#kept) {
      if (known.model.deref() === undefined) return known;
      if (known.bytes > largest!.bytes) largest = known;
    }
    return largest!;
  }

  #forget(known: Known<Description>): void {
    const model = known.model.deref();
    if (model !== undefined) this.#known.delete(model);
    this.#kept.delete(known);
    this.#keptBytes -= known.bytes;
  }
}

function unlessCancelled<T>(promise: Promise<T>, cancellation: Cancellation<Error>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stopWaiting = cancellation.onCancel(reject);
    promise.then(resolve, reject).finally(() => stopWaiting());
  });
}
