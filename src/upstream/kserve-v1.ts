import type { RegisteredModel } from "../registry/model.ts";
import type { Predictor } from "../registry/ports.ts";
import type { Readiness } from "../registry/readiness.ts";
import { type ConnectionPoolOptions, createConnectionPool } from "./connection-pool.ts";
import { ExchangeFailure, type ExchangeResponse, exchange } from "./exchange.ts";
import { readinessFromFailure, readinessFromResponse } from "./readiness-answer.ts";
import { errorFromFailure, errorFromStatus } from "./upstream-error.ts";

export interface KserveV1Options extends ConnectionPoolOptions {
  /** The largest answer that is taken. */
  readonly maxResponseBytes: number;
}

/** A request that cannot have been processed is sent once more; never one that may have been. */
const maxAttempts = 2;

/** Speaks KServe's v1 REST API with model servers. */
export function createKserveV1(options: KserveV1Options): Predictor {
  const agent = createConnectionPool(options);
  const { maxResponseBytes } = options;

  return {
    protocol: "kserve-v1",

    predictPath: (model) => `${pathOf(model)}:predict`,

    async predict({ model, body, headers, cancellation }) {
      const { origin, modelPath } = targetOf(model);
      // Exactly this content type: KServe answers 500 when it carries a charset.
      const headerList = ["content-type", "application/json", "accept", "application/json"];
      for (const name in headers) headerList.push(name, headers[name]!);
      const path = `${modelPath}:predict`;
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
          });
        } catch (error) {
          if (!(error instanceof ExchangeFailure)) throw error;
          if (cancellation.reason !== undefined) throw cancellation.reason;
          if (error.unprocessed && attempts < maxAttempts) continue;
          throw errorFromFailure(model, error.cause as Error, attempts);
        }
        if (response.status === 200) return { body: response.body, attempts };
        throw errorFromStatus(model, response.status, response.retryAfter, response.body, attempts);
      }
    },

    async checkReadiness(model, cancellation): Promise<Readiness> {
      const { origin, modelPath } = targetOf(model);
      try {
        const response = await exchange(agent, {
          origin,
          path: modelPath,
          method: "GET",
          headers: ["accept", "application/json"],
          body: null,
          maxResponseBytes,
          cancellation,
        });
        return readinessFromResponse(response.status, response.body);
      } catch (error) {
        return readinessFromFailure(error, cancellation);
      }
    },

    close: () => agent.destroy(),
  };
}

/** Where requests of a model go, as undici takes it. */
interface Target {
  readonly origin: string;
  /** The path of the model, behind the prefix of its address. */
  readonly modelPath: string;
}

/** Registered models never change, so each address is taken apart once. */
const targets = new WeakMap<RegisteredModel, Target>();

function targetOf(model: RegisteredModel): Target {
  let target = targets.get(model);
  if (target === undefined) {
    const { origin, pathname } = new URL(model.address.url);
    target = { origin, modelPath: pathname.replace(/\/+$/, "") + pathOf(model) };
    targets.set(model, target);
  }
  return target;
}

function pathOf(model: RegisteredModel): string {
  return `/v1/models/${encodeURIComponent(model.model)}`;
}
