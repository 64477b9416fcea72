import { valueUnder } from "../../base/value-under.ts";
import { decodeAnswer } from "../http/answer-encoding.ts";
import { ExchangeFailure, type ExchangeRequest, type ExchangeResponse } from "../http/exchange.ts";
import type { ModelTarget } from "../http/model-target.ts";
import type { TlsClient } from "../http/tls-client.ts";
import { OriginPool, type OriginPoolOptions } from "./origin-pool.ts";
import { PendingExchange, type RawAnswer } from "./pending-exchange.ts";
import { requestHead } from "./request-head.ts";

/** Where a request goes, and what its connection is opened with. */
export type Http1Target = Pick<ModelTarget, "origin" | "authority" | "tls">;

/** Speaks HTTP/1.1 over connections that are kept, those of different credentials apart. */
export interface Http1Client {
  /**
   * Sends one request and reads the answer. Redirects are not followed. When the request is cancelled, its connection is
   * closed at once and the promise rejects with the reason.
   *
   * @throws ExchangeFailure, or the reason of the cancellation
   */
  exchange(target: Http1Target, request: ExchangeRequest): Promise<ExchangeResponse>;
  close(): Promise<void>;
}

export function createHttp1Client(options: OriginPoolOptions): Http1Client {
  const pools = new Map<TlsClient, Map<string, OriginPool>>();
  let isClosed = false;

  const poolOf = ({ tls, origin }: Http1Target): OriginPool => {
    const ofTls = valueUnder(pools, tls, () => new Map<string, OriginPool>());
    const known = ofTls.get(origin);
    if (known !== undefined) return known;
    const pool: OriginPool = new OriginPool(origin, tls, options, () => {
      if (ofTls.get(origin) === pool) ofTls.delete(origin);
      if (ofTls.size === 0 && pools.get(tls) === ofTls) pools.delete(tls);
    });
    if (isClosed) pool.close();
    ofTls.set(origin, pool);
    return pool;
  };

  return {
    exchange(target, request) {
      return new Promise((resolve, reject) => {
        const { reason } = request.cancellation;
        if (reason !== undefined) {
          reject(reason);
          return;
        }
        let head: string;
        try {
          head = requestHead(target.authority, request);
        } catch (error) {
          reject(new ExchangeFailure(error as Error, false));
          return;
        }
        const answered = (answer: RawAnswer): void => resolve(readAnswer(answer, request));
        poolOf(target).send(new PendingExchange(head, request, answered, reject));
      });
    },

    async close() {
      isClosed = true;
      for (const ofTls of [...pools.values()]) for (const pool of [...ofTls.values()]) pool.close();
    },
  };
}

function readAnswer({ head, body }: RawAnswer, request: ExchangeRequest): ExchangeResponse | Promise<ExchangeResponse> {
  const { status, retryAfter, location, jsonBytes, encoding } = head;
  if (encoding === undefined || body.length === 0) return { status, retryAfter, location, jsonBytes, body };
  return decodeAnswer(body, encoding, request).then(
    (decoded) => ({ status, retryAfter, location, jsonBytes, body: decoded }),
    (error: Error) => {
      throw error === request.cancellation.reason ? error : new ExchangeFailure(error, false);
    },
  );
}
