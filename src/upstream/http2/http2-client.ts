import type { Cancellation } from "../../base/cancellation.ts";
import type { BytesHolder } from "../../registry/bytes-holder.ts";
import type { MemoryBudget } from "../../registry/memory-budget.ts";
import type { RegisteredModel } from "../../registry/model.ts";
import { maxDescriptionBytes } from "../http/answer-limits.ts";
import { type ModelTarget, type ModelTargetOptions, ModelTargets } from "../http/model-target.ts";
import { type Attempted, sendWithRetries } from "../http/send-with-retries.ts";
import type { TlsClient } from "../http/tls-client.ts";
import { encodeHeader } from "./hpack/encode-head.ts";
import { Session } from "./session.ts";
import { SessionPool, type SessionPoolOptions } from "./session-pool.ts";
import { type UnaryAnswer, unary } from "./unary.ts";

export interface Http2ClientOptions extends SessionPoolOptions, ModelTargetOptions {
  /** The largest answer that is taken. */
  readonly maxResponseBytes: number;
  /** Counts the bytes of answers. */
  readonly memory: MemoryBudget;
  /** Is called for every request that could be sent again, with whether the budget allowed it. */
  readonly onRetry?: (model: RegisteredModel, allowed: boolean) => void;
}

/** A request to a model server by HTTP/2. */
export interface Http2Request {
  /** Below the base address of the model. */
  readonly path: string;
  /** Headers that are the same for many requests, in lower case: they are encoded once for each such object. */
  readonly constantHeaders?: Readonly<Record<string, string>>;
  /** Further headers, in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body, in pieces that are sent as they are. */
  readonly chunks: readonly Uint8Array[];
  readonly cancellation: Cancellation<Error>;
  /** The call that the bytes of the answer count for. Undefined: they are not counted. */
  readonly holder?: BytesHolder | undefined;
  /** Connects to one address, and closes the connection when nothing else goes on there. Default: false. */
  readonly closes?: boolean;
}

/** Calls model servers over HTTP/2 by POST, with the credentials of each. The protocol determines the content. */
export interface Http2Client {
  /**
   * Sends a request, again where the server cannot have begun to work on it.
   *
   * @throws RegistryError, or the reason of the cancellation
   */
  send(model: RegisteredModel, request: Http2Request): Promise<Attempted<UnaryAnswer>>;
  /** Sends a request once. @throws ExchangeFailure, RegistryError, or the reason of the cancellation */
  ask(model: RegisteredModel, request: Http2Request): Promise<UnaryAnswer>;
  close(): Promise<void>;
}

/** @param targets shared with clients of other transports, so that what they send again counts together */
export function createHttp2Client(options: Http2ClientOptions, targets = new ModelTargets(options)): Http2Client {
  const pools = new Pools(options);
  const { maxResponseBytes, memory, onRetry } = options;

  /** Sends a request on a session where room is reserved. */
  const sendOn = (
    session: Session,
    head: string,
    { chunks, cancellation, holder, closes }: Http2Request,
    maxBytes: number,
  ): Promise<UnaryAnswer> => {
    const answer = unary(session, head, chunks, { maxResponseBytes: maxBytes, cancellation, memory, holder });
    return closes === true ? answer.finally(() => session.retire()) : answer;
  };

  const sendOnce = (
    target: ModelTarget,
    head: string,
    request: Http2Request,
    maxBytes: number,
  ): Promise<UnaryAnswer> => {
    target.assertStays();
    const session = pools.of(target).acquire(request.cancellation, request.closes !== true);
    if (session instanceof Session) return sendOn(session, head, request, maxBytes);
    return session.then((opened) => sendOn(opened, head, request, maxBytes));
  };

  return {
    send(model, request) {
      const target = targets.of(model);
      const head = headOf(target, request);
      const { budget } = target;
      const context = { model, budget, cancellation: request.cancellation, onRetry };
      return sendWithRetries(context, () => sendOnce(target, head, request, maxResponseBytes));
    },

    async ask(model, request) {
      const target = targets.of(model);
      return sendOnce(target, headOf(target, request), request, Math.min(maxDescriptionBytes, maxResponseBytes));
    },

    async close() {
      pools.close();
    },
  };
}

const none = {};

function headOf(target: ModelTarget, { path, constantHeaders = none, headers }: Http2Request): string {
  let head = beginningOf(target, path) + constantOf(constantHeaders);
  const authorization = target.authorization();
  if (authorization !== undefined) head += encodeHeader("authorization", authorization);
  for (const name in headers) {
    // The model's own authorization takes precedence over a caller's.
    if (name !== "authorization" || authorization === undefined) head += encodeHeader(name, headers[name]!);
  }
  return head;
}

/** The beginnings of heads that have been sent: they are the same for each call of a model. */
const beginnings = new WeakMap<ModelTarget, Map<string, string>>();

function beginningOf(target: ModelTarget, path: string): string {
  let byPath = beginnings.get(target);
  if (byPath === undefined) {
    byPath = new Map();
    beginnings.set(target, byPath);
  }
  let head = byPath.get(path);
  if (head === undefined) {
    head = encodeHeaders({
      ":method": "POST",
      ":scheme": target.origin.startsWith("https:") ? "https" : "http",
      // The Service's name, whichever address is connected to.
      ":authority": target.authority,
      ":path": target.prefix + path,
    });
    byPath.set(path, head);
  }
  return head;
}

const constants = new WeakMap<object, string>();

function constantOf(headers: Readonly<Record<string, string>>): string {
  let encoded = constants.get(headers);
  if (encoded === undefined) {
    encoded = encodeHeaders(headers);
    constants.set(headers, encoded);
  }
  return encoded;
}

function encodeHeaders(headers: Readonly<Record<string, string>>): string {
  return Object.entries(headers)
    .map(([name, value]) => encodeHeader(name, value))
    .join("");
}

/** The pools of all models: one for each origin, and kind of credentials. */
class Pools {
  readonly #options: SessionPoolOptions;
  readonly #pools = new Map<TlsClient, Map<string, SessionPool>>();

  constructor(options: SessionPoolOptions) {
    this.#options = options;
  }

  of({ tls, origin }: ModelTarget): SessionPool {
    let byOrigin = this.#pools.get(tls);
    if (byOrigin === undefined) {
      byOrigin = new Map();
      this.#pools.set(tls, byOrigin);
    }
    let pool = byOrigin.get(origin);
    if (pool === undefined) {
      pool = new SessionPool(origin, tls, this.#options, () => byOrigin.delete(origin));
      byOrigin.set(origin, pool);
    }
    return pool;
  }

  close(): void {
    for (const byOrigin of this.#pools.values()) for (const pool of [...byOrigin.values()]) pool.close();
  }
}
