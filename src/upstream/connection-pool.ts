import type { Socket } from "node:net";
import { Agent, buildConnector, Client, type Dispatcher, Pool } from "undici";

export interface ConnectionPoolOptions {
  readonly connectTimeoutMs: number;
  /** When an idle connection is closed. Below the server's own limit, so that the server seldom closes first. */
  readonly idleTimeoutMs: number;
  /** How many connections to one address may be open. */
  readonly maxConnections: number;
}

/** A handler that is told on which connection its request goes. */
export interface ConnectionAwareHandler extends Dispatcher.DispatchHandler {
  /** The connection, if one is open already, and how many bytes it has received so far. */
  onConnectionChosen?(socket: Socket | undefined, bytesRead: number): void;
}

/** Opens a pool of HTTP/1.1 connections per address; KServe drops cleartext HTTP/2. */
export function createConnectionPool(options: ConnectionPoolOptions): Agent {
  const connect = buildConnector({ timeout: options.connectTimeoutMs, allowH2: false });
  return new Agent({
    factory: (origin, opts) =>
      new Pool(origin, {
        ...(opts as Pool.Options),
        connect,
        connections: options.maxConnections,
        factory: createTrackedClient,
      }),
    allowH2: false,
    pipelining: 1,
    keepAliveTimeout: options.idleTimeoutMs,
    keepAliveMaxTimeout: options.idleTimeoutMs,
    // Deadlines are the pipeline's: a prediction has one time limit, not one per phase.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

/** A client that tells each handler which connection it has, for deciding whether a request may be sent again. */
function createTrackedClient(origin: URL, options: object): Client {
  let socket: Socket | undefined;
  const { connect } = options as { connect: buildConnector.connector };
  const client = new Client(origin, {
    ...options,
    connect: (connectOptions, callback) =>
      connect(connectOptions, (...[error, opened]: Parameters<buildConnector.Callback>) => {
        socket = opened ?? undefined;
        (callback as (error: Error | null, socket: Socket | null) => void)(error, opened);
      }),
  });
  const dispatch = client.dispatch.bind(client);
  client.dispatch = (dispatchOptions, handler) => {
    const open = socket?.destroyed === false ? socket : undefined;
    (handler as ConnectionAwareHandler).onConnectionChosen?.(open, open?.bytesRead ?? 0);
    return dispatch(dispatchOptions, handler);
  };
  return client;
}
