import type { Agent } from "undici";
import { backoffMs } from "../../base/backoff.ts";
import type { Cancellation } from "../../base/cancellation.ts";
import type { MemoryBudget } from "../../registry/memory-budget.ts";
import type { RegisteredModel } from "../../registry/model.ts";
import type { Predictor } from "../../registry/ports.ts";
import type { Readiness } from "../../registry/readiness.ts";
import { type ConnectionPoolOptions, createConnectionPools } from "../http/connection-pool.ts";
import { ExchangeFailure, type ExchangeResponse, exchange } from "../http/exchange.ts";
import { CredentialStore } from "../http/model-credentials.ts";
import { RetryBudget, type RetryBudgetOptions } from "../http/retry-budget.ts";
import type { TlsClientFiles } from "../http/tls-client.ts";
import type { TokenFile } from "../http/token-file.ts";
import { errorFromFailure, errorFromStatus, mayPass, unreadableCredentials } from "../http/upstream-error.ts";
import { readinessFromFailure, readinessFromResponse } from "./readiness-answer.ts";

export interface KserveV1Options extends ConnectionPoolOptions {
  /** The largest answer that is taken. */
  readonly maxResponseBytes: number;
  /** How much may be sent again, of requests that no model server can have begun to work on. */
  readonly retries: RetryBudgetOptions;
  /** The files of TLS towards every model; an entry adds authorities, and replaces certificate and key. */
  readonly tls: TlsClientFiles;
  /** Counts the bytes of answers. */
  readonly memory: MemoryBudget;
  /** Is told of every request that could be sent again: whether the budget allowed it. */
  readonly onRetry?: (model: RegisteredModel, allowed: boolean) => void;
}

/** How often a request is sent, where nothing but its connection fails. */
const maxAttempts = 3;
const retryBackoff = { minMs: 25, maxMs: 100 };

/** Speaks KServe's v1 REST API with model servers. */
export function createKserveV1(options: KserveV1Options): Predictor {
  const store = new CredentialStore(options.tls);
  const pools = createConnectionPools(options);
  const { maxResponseBytes, memory, onRetry } = options;

  /** Registered models never change, so each address is taken apart once. */
  const targets = new WeakMap<RegisteredModel, Target>();
  const targetOf = (model: RegisteredModel): Target => {
    let target = targets.get(model);
    if (target === undefined) {
      const { tls, token } = store.of(model);
      target = createTarget(model, pools.of(tls), token, options.retries);
      targets.set(model, target);
    }
    return target;
  };

  return {
    protocol: "kserve-v1",

    predictPath: (model) => `${pathOf(model)}:predict`,

    async predict({ model, body, headers, cancellation, holder }) {
      const { agent, origin, modelPath, token, budget } = targetOf(model);
      // Exactly this content type: KServe answers 500 when it carries a charset.
      const headerList = ["content-type", "application/json", "accept", "application/json"];
      for (const name in headers) headerList.push(name, headers[name]!);
      if (token !== undefined) headerList.push("authorization", authorizationOf(model, token));
      const path = `${modelPath}:predict`;
      budget.request(Date.now());
      for (let attempts = 1; ; attempts++) {
        let response: ExchangeResponse;
        try {
          response = await exchange(agent, {
            origin,
            path,
            method: "POST",
            headers: headerList,
            body,
            maxResponseBytes,
            cancellation,
            memory,
            holder,
          });
        } catch (error) {
          if (!(error instanceof ExchangeFailure)) throw error;
          if (cancellation.reason !== undefined) throw cancellation.reason;
          if (error.unprocessed && attempts < maxAttempts && mayPass(error.cause)) {
            const allowed = budget.retry(Date.now());
            onRetry?.(model, allowed);
            if (allowed) {
              await pause(backoffMs(attempts, retryBackoff), cancellation);
              continue;
            }
          }
          throw errorFromFailure(model, error, attempts);
        }
        if (response.status === 200) return { body: response.body, attempts };
        throw errorFromStatus(model, response.status, response.retryAfter, response.body, attempts);
      }
    },

    async checkReadiness(model, cancellation, closes = false): Promise<Readiness> {
      try {
        const { agent, origin, modelPath, token } = targetOf(model);
        const response = await exchange(agent, {
          origin,
          path: modelPath,
          method: "GET",
          headers: [
            "accept",
            "application/json",
            ...(token === undefined ? [] : ["authorization", authorizationOf(model, token)]),
          ],
          body: null,
          closes,
          maxResponseBytes,
          cancellation,
        });
        return readinessFromResponse(response.status, response.body);
      } catch (error) {
        return readinessFromFailure(error, cancellation);
      }
    },

    close: () => pools.close(),
  };
}

/** Where requests of a model go, as undici takes it. */
interface Target {
  /** The connections that are opened with its credentials. */
  readonly agent: Agent;
  readonly origin: string;
  /** The path of the model, behind the prefix of its address. */
  readonly modelPath: string;
  /** Goes to this origin alone: no redirect is followed. */
  readonly token: TokenFile | undefined;
  readonly budget: RetryBudget;
}

function createTarget(
  model: RegisteredModel,
  agent: Agent,
  token: TokenFile | undefined,
  retries: RetryBudgetOptions,
): Target {
  const { origin, pathname } = new URL(model.address.url);
  const modelPath = pathname.replace(/\/+$/, "") + pathOf(model);
  return { agent, origin, modelPath, token, budget: new RetryBudget(retries) };
}

/** @throws RegistryError MODEL_CREDENTIALS_UNREADABLE */
function authorizationOf(model: RegisteredModel, token: TokenFile): string {
  try {
    return token.header();
  } catch (error) {
    throw unreadableCredentials(model, error);
  }
}

function pathOf(model: RegisteredModel): string {
  return `/v1/models/${encodeURIComponent(model.model)}`;
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
