import type { Socket } from "node:net";
import type { SecureContext } from "node:tls";
import { Agent, buildConnector, Client, type Dispatcher, Pool } from "undici";
import { assertHostAllowed, guardedLookup } from "./guarded-lookup.ts";
import { skipContinue } from "./skip-continue.ts";
import type { TlsClient } from "./tls-client.ts";

export interface ConnectionPoolOptions {
  readonly connectTimeoutMs: number;
  /** When an idle connection is closed. Below the server's own limit, so that the server seldom closes first. */
  readonly idleTimeoutMs: number;
}

/** The connection that a request goes on. */
export interface Connection {
  /** Whether the next bytes are the head of the answer. For the handler to keep up to date. */
  awaitsHead: boolean;
  /** Ends it: one that is just opening, or one that is open. */
  end(): void;
}

/** A handler that learns on which connection its request goes. */
export interface ConnectionAwareHandler extends Dispatcher.DispatchHandler {
  onConnectionChosen?(connection: Connection): void;
}

/** Failures of connections that never opened: nothing can have been sent on them. */
const neverOpened = new WeakSet<Error>();

/** Whether a request failed because its connection did not open. */
export function isConnectFailure(error: Error): boolean {
  return neverOpened.has(error);
}

/** Opens connections of one kind. Gives the socket that is opening. */
type Connect = (options: buildConnector.Options, callback: buildConnector.Callback) => Socket | undefined;

/**
 * Opens a pool of HTTP/1.1 connections per address; KServe drops cleartext HTTP/2. There is no limit on connections here:
 * every prediction has a slot of its model by now, and a limit per address would let one model behind a gateway keep the
 * others waiting.
 */
function createConnectionPool(options: ConnectionPoolOptions, tls: TlsClient): Agent {
  const connect = createConnect(options.connectTimeoutMs, tls);
  return new Agent({
    factory: (origin, opts) => new Pool(origin, { ...(opts as Pool.Options), connect, factory: createTrackedClient }),
    allowH2: false,
    pipelining: 1,
    keepAliveTimeout: options.idleTimeoutMs,
    keepAliveMaxTimeout: options.idleTimeoutMs,
    // Deadlines are the pipeline's: a prediction has one time limit, not one per phase.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

/** The pools of all models, one for each kind of credentials. */
export interface ConnectionPools {
  of(tls: TlsClient): Agent;
  close(): Promise<void>;
}

export function createConnectionPools(options: ConnectionPoolOptions): ConnectionPools {
  const agents = new Map<TlsClient, Agent>();
  return {
    of(tls) {
      let agent = agents.get(tls);
      if (agent === undefined) {
        agent = createConnectionPool(options, tls);
        agents.set(tls, agent);
      }
      return agent;
    },
    async close() {
      await Promise.all([...agents.values()].map((agent) => agent.destroy()));
    },
  };
}

/** Opens TLS with the files as they are at that moment. */
function createConnect(timeoutMs: number, tls: TlsClient): Connect {
  // The connector returns its socket at once, though its type does not say so.
  const create = (secureContext?: SecureContext): Connect =>
    buildConnector({
      timeout: timeoutMs,
      allowH2: false,
      ...(tls.guarded ? { lookup: guardedLookup } : {}),
      ...(secureContext === undefined ? {} : { secureContext }),
    }) as unknown as Connect;
  const cleartext = create();
  let secure: { readonly context: SecureContext | undefined; readonly connect: Connect } | undefined;
  return (options, callback) => {
    try {
      if (tls.guarded) assertHostAllowed(options.hostname);
      if (options.protocol !== "https:") return cleartext(options, callback);
      const context = tls.context();
      if (secure === undefined || secure.context !== context) secure = { context, connect: create(context) };
    } catch (error) {
      queueMicrotask(() => callback(error as Error, null));
      return undefined;
    }
    return secure.connect(options, callback);
  };
}

/** A client that gives each handler its connection, so that the handler can end it. */
function createTrackedClient(origin: URL, options: object): Client {
  let socket: Socket | undefined;
  const { connect } = options as { connect: unknown };
  let opening = false;
  const connection: Connection = {
    awaitsHead: false,
    end: () => {
      // The connector waits for an error of a socket that is opening.
      if (opening) socket?.destroy(new Error("the request is no longer wanted"));
      else socket?.destroy();
    },
  };
  const client = new Client(origin, {
    ...options,
    connect: (connectOptions, callback) => {
      opening = true;
      socket = (connect as Connect)(connectOptions, (...[error, opened]: Parameters<buildConnector.Callback>) => {
        opening = false;
        if (error !== null) neverOpened.add(error);
        else skipContinue(opened, () => connection.awaitsHead);
        (callback as (error: Error | null, socket: Socket | null) => void)(error, opened);
      });
    },
  });
  const dispatch = client.dispatch.bind(client);
  client.dispatch = (dispatchOptions, handler) => {
    (handler as ConnectionAwareHandler).onConnectionChosen?.(connection);
    return dispatch(dispatchOptions, handler);
  };
  return client;
}
