import type { SecureContext } from "node:tls";
import type { Agent } from "undici";
import { backoffMs } from "../../base/backoff.ts";
import type { Cancellation } from "../../base/cancellation.ts";
import type { BytesHolder, MemoryBudget } from "../../registry/memory-budget.ts";
import type { RegisteredModel } from "../../registry/model.ts";
import { type ConnectionPoolOptions, createConnectionPools } from "./connection-pool.ts";
import { ExchangeFailure, type ExchangeResponse, exchange } from "./exchange.ts";
import { ForbiddenAddress } from "./guarded-lookup.ts";
import { CredentialStore } from "./model-credentials.ts";
import { RetryBudget, type RetryBudgetOptions } from "./retry-budget.ts";
import type { TlsClientFiles } from "./tls-client.ts";
import type { TokenFile } from "./token-file.ts";
import { errorFromFailure, mayPass, unreadableCredentials } from "./upstream-error.ts";

export interface ModelClientOptions extends ConnectionPoolOptions {
  /** The largest answer that is taken. */
  readonly maxResponseBytes: number;
  /** How much may be sent again, of requests that no model server can have begun to work on. */
  readonly retries: RetryBudgetOptions;
  /** The files of TLS towards every model; an entry adds authorities, and replaces certificate and key. */
  readonly tls: TlsClientFiles;
  /** Counts the bytes of answers. */
  readonly memory: MemoryBudget;
  /** Where a host leads out of the namespace of its Service, which entries that are not trusted may not use. */
  readonly leadsOut?: (host: string) => string | undefined;
  /** Is called for every request that could be sent again, with whether the budget allowed it. */
  readonly onRetry?: (model: RegisteredModel, allowed: boolean) => void;
}

/** A prediction on its way to a model server. */
export interface ModelRequest {
  /** Below the base address of the model. */
  readonly path: string;
  readonly contentType: string;
  /** Further headers, in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly cancellation: Cancellation<Error>;
  /** The call that the bytes of the answer count for. Undefined: they are not counted. */
  readonly holder: BytesHolder | undefined;
}

/** A question to a model server that changes nothing there. */
export interface ModelQuestion {
  /** Below the base address of the model. */
  readonly path: string;
  /** Sent by POST. Default: none, with GET. */
  readonly body?: Uint8Array;
  readonly cancellation: Cancellation<Error>;
  /** Closes the connection behind the answer. Default: false. */
  readonly closes?: boolean;
}

/** An answer to a prediction, whatever its status. */
export interface ModelResponse extends ExchangeResponse {
  /** How many times the model server was called. */
  readonly attempts: number;
}

/** Speaks HTTP/1.1 with model servers, with the credentials of each. What is said is up to a protocol. */
export interface ModelClient {
  /**
   * Sends a prediction, again where the server cannot have begun to work on it.
   *
   * @throws RegistryError, or the reason of the cancellation
   */
  send(model: RegisteredModel, request: ModelRequest): Promise<ModelResponse>;
  /** Asks once. @throws ExchangeFailure, RegistryError, or the reason of the cancellation */
  ask(model: RegisteredModel, question: ModelQuestion): Promise<ExchangeResponse>;
  /**
   * What TLS connections to a model are opened with; undefined for the defaults of Node.
   *
   * @throws UnreadableFile, RegistryError
   */
  secureContext(model: RegisteredModel): SecureContext | undefined;
  close(): Promise<void>;
}

const acceptHeaders = ["accept", "application/json", "accept-encoding", "identity"];
/** No answer about a model is larger. */
const maxAnswerBytes = 1024 * 1024;
/** How often a request is sent, where nothing but its connection fails. */
const maxAttempts = 3;
const retryBackoff = { minMs: 25, maxMs: 100 };

export function createModelClient(options: ModelClientOptions): ModelClient {
  const store = new CredentialStore(options.tls);
  const pools = createConnectionPools(options);
  const { maxResponseBytes, memory, onRetry } = options;

  /** Registered models never change, so each address is taken apart once. */
  const targets = new WeakMap<RegisteredModel, Target>();
  const targetOf = (model: RegisteredModel): Target => {
    let target = targets.get(model);
    if (target === undefined) {
      const { tls, token } = store.of(model);
      const { origin, pathname, hostname } = new URL(model.address.url);
      const prefix = pathname.replace(/\/+$/, "");
      const budget = new RetryBudget(options.retries);
      const guardedHost = model.tenant === undefined ? undefined : hostname;
      target = { agent: pools.of(tls), origin, prefix, guardedHost, token, budget };
      targets.set(model, target);
    }
    return target;
  };
  /** Before each request: the Service may lead elsewhere by now, and its connections stay open. */
  const assertStays = ({ guardedHost }: Target): void => {
    const elsewhere = guardedHost === undefined ? undefined : options.leadsOut?.(guardedHost);
    if (elsewhere !== undefined) throw new ExchangeFailure(new ForbiddenAddress(guardedHost!, elsewhere), true);
  };

  return {
    async send(model, { path, contentType, headers, body, cancellation, holder }) {
      const target = targetOf(model);
      const { agent, origin, prefix, token, budget } = target;
      const headerList = ["content-type", contentType, ...acceptHeaders];
      for (const name in headers) headerList.push(name, headers[name]!);
      if (token !== undefined) headerList.push("authorization", authorizationOf(model, token));
      const request = {
        origin,
        path: prefix + path,
        method: "POST",
        headers: headerList,
        body,
        maxResponseBytes,
        cancellation,
        memory,
        holder,
      } as const;
      budget.request(Date.now());
      for (let attempts = 1; ; attempts++) {
        try {
          assertStays(target);
          const { status, retryAfter, location, body } = await exchange(agent, request);
          return { status, retryAfter, location, body, attempts };
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
      }
    },

    async ask(model, { path, body, cancellation, closes = false }) {
      const target = targetOf(model);
      assertStays(target);
      const { agent, origin, prefix, token } = target;
      const headers = [...acceptHeaders];
      if (body !== undefined) headers.push("content-type", "application/json");
      if (token !== undefined) headers.push("authorization", authorizationOf(model, token));
      return exchange(agent, {
        origin,
        path: prefix + path,
        method: body === undefined ? "GET" : "POST",
        headers,
        body: body ?? null,
        closes,
        maxResponseBytes: maxAnswerBytes,
        cancellation,
      });
    },

    secureContext: (model) => store.of(model).tls.context(),
    close: () => pools.close(),
  };
}

/** Where requests of a model go, as undici takes it. */
interface Target {
  /** The connections that are opened with its credentials. */
  readonly agent: Agent;
  readonly origin: string;
  /** The path of its address, without a slash at its end. */
  readonly prefix: string;
  /** Of an entry that is not trusted. */
  readonly guardedHost: string | undefined;
  /** Goes to this origin alone: no redirect is followed. */
  readonly token: TokenFile | undefined;
  readonly budget: RetryBudget;
}

/** @throws RegistryError MODEL_CREDENTIALS_UNREADABLE */
function authorizationOf(model: RegisteredModel, token: TokenFile): string {
  try {
    return token.header();
  } catch (error) {
    throw unreadableCredentials(model, error);
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
