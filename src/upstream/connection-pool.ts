import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type SecureContext } from "node:tls";
import type { TlsClient } from "./tls-client.ts";

export interface ConnectionPoolOptions {
  readonly connectTimeoutMs: number;
  /** When an idle connection is closed. Below the server's own limit, so that the server seldom closes first. */
  readonly idleTimeoutMs: number;
}

/** What is told of what happens on a connection. */
export interface ConnectionUser {
  onData(piece: Buffer): void;
  /** The server has ended its side. */
  onEnd(): void;
  /** The connection is lost. Without an error the server has closed it. */
  onLost(error: Error | undefined): void;
}

/** A connection that did not open in time. */
export class ConnectTimeout extends Error {
  readonly code = "ERR_CONNECT_TIMEOUT";
}

/** How long before the end that a server names a connection is no longer used. */
const keepAliveMarginMs = 2000;
const keepAliveProbeMs = 60_000;
const sweepMs = 1000;

/** Sockets that are just opening, and the event that tells that they are open. */
type Opening = readonly [Socket, "connect" | "secureConnect"];

/** One HTTP/1.1 connection. It serves one user at a time. */
export class Connection {
  /** Whether it is open, or has been: before that nothing can have been sent. */
  opened = false;
  /** Whether it has served before. */
  reused = false;
  /** Until when it may be used again, while it is idle. */
  expiresAt = 0;
  user: ConnectionUser | undefined;
  readonly socket: Socket;
  #error: Error | undefined;

  constructor([socket, openEvent]: Opening, timeoutMs: number, onClose: () => void) {
    this.socket = socket;
    const timer = setTimeout(
      () => socket.destroy(new ConnectTimeout("the connection did not open in time")),
      timeoutMs,
    );
    socket.setNoDelay(true);
    socket.setKeepAlive(true, keepAliveProbeMs);
    socket.once(openEvent, () => {
      clearTimeout(timer);
      this.opened = true;
    });
    socket.on("data", (piece: Buffer) => {
      // What comes while nobody has asked belongs to no answer.
      if (this.user === undefined) socket.destroy();
      else this.user.onData(piece);
    });
    socket.on("end", () => this.user?.onEnd());
    socket.on("error", (error) => {
      this.#error = error;
    });
    socket.once("close", () => {
      clearTimeout(timer);
      onClose();
      this.user?.onLost(this.#error);
    });
  }

  get usable(): boolean {
    return this.socket.writable && this.socket.readable;
  }

  end(): void {
    this.socket.destroy();
  }
}

/**
 * Connections to model servers over HTTP/1.1; KServe drops cleartext HTTP/2. There is no limit on connections here: every
 * prediction has a place of its model by now, and a limit per address would let one model behind a gateway keep the others
 * waiting.
 */
export class ConnectionPool {
  readonly #options: ConnectionPoolOptions;
  readonly #open = new Set<Connection>();
  /** Idle connections by origin, the one that was used last at the end. */
  readonly #idle = new Map<string, Connection[]>();
  #sweep: NodeJS.Timeout | undefined;
  readonly #tls: TlsClient;
  /** The last TLS session with each address, and the files that they were begun with. */
  readonly #sessions = new Map<string, Buffer>();
  #sessionsOf: SecureContext | undefined;

  constructor(options: ConnectionPoolOptions, tls: TlsClient) {
    this.#options = options;
    this.#tls = tls;
  }

  /** A connection to an origin (`http://10.0.0.1:8080`): the idle one that was used last, or a new one that is opening. */
  take(origin: string): Connection {
    const idle = this.#idle.get(origin);
    for (let connection = idle?.pop(); connection !== undefined; connection = idle!.pop()) {
      if (connection.usable && connection.expiresAt > performance.now()) {
        connection.reused = true;
        return connection;
      }
      connection.end();
    }
    return this.#connect(origin);
  }

  /** Takes a connection back that has served, for at most so long as its server keeps it. */
  keep(origin: string, connection: Connection, keepAliveMs: number): void {
    connection.user = undefined;
    const ms = Math.min(this.#options.idleTimeoutMs, keepAliveMs - keepAliveMarginMs);
    if (ms <= 0 || !connection.usable || !this.#open.has(connection)) {
      connection.end();
      return;
    }
    connection.expiresAt = performance.now() + ms;
    const idle = this.#idle.get(origin);
    if (idle === undefined) this.#idle.set(origin, [connection]);
    else idle.push(connection);
    this.#sweep ??= setInterval(() => this.#closeExpired(), sweepMs).unref();
  }

  /** Closes all connections; exchanges on them fail. */
  destroy(): void {
    clearInterval(this.#sweep);
    this.#idle.clear();
    for (const connection of this.#open) connection.end();
    this.#open.clear();
  }

  /** @throws UnreadableFile when the files of TLS cannot be used */
  #connect(origin: string): Connection {
    const connection = new Connection(this.#openSocket(new URL(origin)), this.#options.connectTimeoutMs, () => {
      this.#open.delete(connection);
      this.#forget(origin, connection);
    });
    this.#open.add(connection);
    return connection;
  }

  #openSocket({ protocol, hostname, port }: URL): Opening {
    const host = hostname.replace(/^\[|\]$/g, "");
    if (protocol !== "https:") return [connectTcp({ host, port: Number(port) || 80 }), "connect"];
    const secureContext = this.#tls.context();
    // A session that was begun with other files does not hold for these.
    if (secureContext !== this.#sessionsOf) this.#sessions.clear();
    this.#sessionsOf = secureContext;
    const to = { host, port: Number(port) || 443, ...(isIP(host) ? {} : { servername: host }) };
    const key = `${host} ${to.port}`;
    const session = this.#sessions.get(key);
    const socket = connectTls({ ...to, secureContext, ALPNProtocols: ["http/1.1"], ...(session ? { session } : {}) });
    socket.on("session", (begun) => {
      if (this.#sessionsOf === secureContext) this.#sessions.set(key, begun);
    });
    return [socket, "secureConnect"];
  }

  /** Most connections that close are in use, and on no list. */
  #forget(origin: string, connection: Connection): void {
    if (connection.user !== undefined) return;
    const idle = this.#idle.get(origin);
    const at = idle?.indexOf(connection) ?? -1;
    if (at >= 0) idle!.splice(at, 1);
  }

  #closeExpired(): void {
    const now = performance.now();
    for (const [origin, idle] of this.#idle) {
      for (const connection of idle) if (connection.expiresAt <= now) connection.end();
      const left = idle.filter((connection) => connection.expiresAt > now);
      if (left.length > 0) this.#idle.set(origin, left);
      else this.#idle.delete(origin);
    }
    if (this.#idle.size > 0) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }
}
