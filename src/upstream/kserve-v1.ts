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

    predictPath: (model) => `/v1/models/${encodeURIComponent(model.model)}:predict`,

    async predict({ model, body, headers, cancellation }) {
      const { origin, prefix } = addressParts(model.address.url);
      // Exactly this content type: KServe answers 500 when it carries a charset.
      const headerList = ["content-type", "application/json", "accept", "application/json"];
      for (const [name, value] of Object.entries(headers)) headerList.push(name, value);
      const path = prefix + this.predictPath(model);
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
      const { origin, prefix } = addressParts(model.address.url);
      const path = `${prefix}/v1/models/${encodeURIComponent(model.model)}`;
      try {
        const response = await exchange(agent, {
          origin,
          path,
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

/** A base address as undici takes it: the origin, and the path prefix without a trailing slash. */
function addressParts(url: string): { origin: string; prefix: string } {
  const { origin, pathname } = new URL(url);
  return { origin, prefix: pathname.replace(/\/+$/, "") };
}
