import { UnreadableFile } from "../base/cached-file.ts";
import { Cancellation } from "../base/cancellation.ts";
import { valueUnder } from "../base/value-under.ts";
import type { RegisteredModel } from "../registry/model.ts";
import { ExchangeFailure } from "./http/exchange.ts";
import { errorFromFailure, unreadableCredentials } from "./http/upstream-error.ts";

/** How long a server may take to describe a model, however many wait for it. */
const askTimeoutMs = 10_000;
/** What has been asked for a moment ago is not asked for again, whatever fails: callers may send bad rows at any rate. */
const minAgeMs = 5000;

/** Who asks: the wait ends with the call, and where the model wants it, it is asked in the caller's name. */
export interface Asker {
  readonly cancellation: Cancellation<Error>;
  readonly authorization?: string | undefined;
}

interface Known<Description> {
  readonly description: Description;
  readonly askedMs: number;
}

/**
 * Keeps what model servers say of models, which is asked for once however many calls wait for it. Models that change become
 * others, and are asked for anew.
 */
export class DescriptionCache<Description> {
  readonly #ask: (model: RegisteredModel, asker: Asker) => Promise<Description>;
  readonly #known = new WeakMap<RegisteredModel, Known<Description>>();
  readonly #asking = new WeakMap<RegisteredModel, Promise<Description>>();

  constructor(ask: (model: RegisteredModel, asker: Asker) => Promise<Description>) {
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
    if (known !== undefined && performance.now() - known.askedMs > minAgeMs) this.#known.delete(model);
  }

  async #askNow(model: RegisteredModel, authorization: string | undefined): Promise<Description> {
    const cancellation = new Cancellation<Error>();
    const late = Object.assign(new Error("the description did not come in time"), { code: "ETIMEDOUT" });
    const timer = setTimeout(() => cancellation.cancel(new ExchangeFailure(late, true)), askTimeoutMs);
    try {
      const description = await this.#ask(model, { cancellation, authorization });
      this.#known.set(model, { description, askedMs: performance.now() });
      return description;
    } catch (error) {
      if (error instanceof ExchangeFailure) throw errorFromFailure(model, error, 1);
      if (error instanceof UnreadableFile) throw unreadableCredentials(model, error);
      throw error;
    } finally {
      clearTimeout(timer);
      this.#asking.delete(model);
    }
  }
}

function unlessCancelled<T>(promise: Promise<T>, cancellation: Cancellation<Error>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stopWaiting = cancellation.onCancel(reject);
    promise.then(resolve, reject).finally(() => stopWaiting());
  });
}
