import { backoffMs } from "../../base/backoff.ts";
import type { Cancellation } from "../../base/cancellation.ts";
import type { RegisteredModel } from "../../registry/model.ts";
import { ExchangeFailure } from "./exchange.ts";
import type { RetryBudget } from "./retry-budget.ts";
import { errorFromFailure, mayPass } from "./upstream-error.ts";

/** How often a request is sent, where nothing but its connection fails. */
const maxAttempts = 3;
const retryBackoff = { minMs: 25, maxMs: 100 };

/** What sending a request again depends on. */
export interface RetryContext {
  readonly model: RegisteredModel;
  readonly budget: RetryBudget;
  readonly cancellation: Cancellation<Error>;
  /** Is called for every request that could be sent again, with whether the budget allowed it. */
  readonly onRetry: ((model: RegisteredModel, allowed: boolean) => void) | undefined;
}

/** An answer, with how many times the model server was called for it. */
export type Attempted<Answer> = Answer & { readonly attempts: number };

/**
 * Sends a request, and again where the server cannot have begun to work on it, within the budget.
 *
 * @param send sends it once; its ExchangeFailure says whether it may be sent again
 * @throws RegistryError, or the reason of the cancellation
 */
export async function sendWithRetries<Answer extends object>(
  { model, budget, cancellation, onRetry }: RetryContext,
  send: () => Promise<Answer>,
): Promise<Attempted<Answer>> {
  budget.request(performance.now());
  for (let attempts = 1; ; attempts++) {
    try {
      return { ...(await send()), attempts };
    } catch (error) {
      if (!(error instanceof ExchangeFailure)) throw error;
      if (cancellation.reason !== undefined) throw cancellation.reason;
      if (error.unprocessed && attempts < maxAttempts && mayPass(error.cause)) {
        const allowed = budget.retry(performance.now());
        onRetry?.(model, allowed);
        if (allowed) {
          await pause(backoffMs(attempts, retryBackoff), cancellation);
          continue;
        }
      }
      throw errorFromFailure(model, error, attempts);
    }
  }
}

/** Waits, unless the request is no longer wanted: then it throws the reason at once. */
function pause(ms: number, cancellation: Cancellation<Error>): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      stopWatching();
      resolve();
    }, ms);
    const stopWatching = cancellation.onCancel((reason) => {
      clearTimeout(timer);
      reject(reason);
    });
  });
}
