import http from "node:http";
import http2 from "node:http2";
import type https from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { RequestHandler } from "./api/http.ts";

/** A certificate chain and its key, in PEM. */
export interface TlsFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** The authorities of client certificates. With it callers are asked for one; what becomes of it is up to the handler. */
  readonly ca?: Buffer | undefined;
}

export interface ListenerOptions {
  /** With it the port speaks TLS, and ALPN chooses the HTTP version. */
  readonly tls?: TlsFiles | undefined;
  /** How long the head of a request may take, in milliseconds. Default: 10 s. */
  readonly headersTimeoutMs?: number;
}

/** HTTP/1.1 and HTTP/2 on one port. */
export interface Listener {
  /** Starts to listen. Port 0 takes a free one. */
  listen(port: number, host: string): Promise<{ readonly port: number }>;
  /** Takes new files for new connections. Does nothing without TLS. */
  setTls(files: TlsFiles): void;
  /** Stops accepting, lets what is under way finish within the given time, then closes what is left. */
  close(graceMs: number): Promise<void>;
}

const defaultHeadersTimeoutMs = 10_000;
const idleSweepMs = 50;

/** Wide enough that one request of the default size limit does not wait for a window update per 64 KiB. */
const streamWindowBytes = 1024 * 1024;
const connectionWindowBytes = 4 * streamWindowBytes;

const http2Options = {
  settings: { maxConcurrentStreams: 1000, initialWindowSize: streamWindowBytes },
  // Counts streams, among others; with the default of 10 a session ends under 10,000 waiting calls.
  maxSessionMemory: 32,
  // A storm of client deadlines resets many streams without being an attack (CVE-2023-44487).
  streamResetBurst: 2000,
  streamResetRate: 200,
} as const;

/** Creates a listener that hands every request to one handler. It does not listen yet. */
export function createListener(options: ListenerOptions, handler: RequestHandler): Listener {
  const headersTimeout = options.headersTimeoutMs ?? defaultHeadersTimeoutMs;
  const http1Options = {
    headersTimeout,
    // Node looks at the times only so often; its default of 30 s would be the real limit.
    connectionsCheckingInterval: headersTimeout / 4,
    requestTimeout: 0,
    keepAliveTimeout: 65_000,
    maxHeaderSize: 16 * 1024,
  };
  const sockets = new Set<Socket>();
  const sessions = new Set<http2.ServerHttp2Session>();
  const http1 = options.tls === undefined ? http.createServer(http1Options, handler) : undefined;
  const secure =
    options.tls &&
    http2.createSecureServer(
      {
        ...http2Options,
        ...http1Options,
        ...secureOptions(options.tls),
        handshakeTimeout: headersTimeout,
        allowHTTP1: true,
      },
      handler,
    );
  const http2Server = secure ?? http2.createServer(http2Options, handler);
  const listening = http1 ?? http2Server;
  let closing = false;

  http2Server.on("session", (session) => {
    sessions.add(session);
    session.setLocalWindowSize(connectionWindowBytes);
    session.once("close", () => sessions.delete(session));
    // Without a listener the error of one connection would end the process.
    session.on("error", () => session.destroy());
    if (closing) session.close();
  });
  const abandonUndecided =
    http1 === undefined ? undefined : routeConnections(http1, http2Server as http2.Http2Server, headersTimeout);
  listening.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  secure?.on("secureConnection", (socket) => {
    socket.on("error", () => {});
    if (socket.alpnProtocol !== "h2") readThroughStream(socket);
  });

  return {
    listen: (port, host) =>
      new Promise((resolve, reject) => {
        listening.once("error", reject);
        listening.listen({ port, host }, () => {
          listening.off("error", reject);
          resolve({ port: (listening.address() as AddressInfo).port });
        });
      }),

    setTls: (files) => secure?.setSecureContext(files),

    close: (graceMs) =>
      new Promise((resolve) => {
        closing = true;
        const force = setTimeout(() => {
          for (const socket of sockets) socket.destroy();
        }, graceMs);
        // HTTP/1.1 connections become idle, and are in the way, as the calls under way on them end. A secure HTTP/2 server
        // that also speaks HTTP/1.1 can close them as well, though its type does not say so.
        const closeIdle = (): void => (listening as http.Server).closeIdleConnections();
        const sweep = setInterval(closeIdle, idleSweepMs);
        listening.close(() => {
          clearTimeout(force);
          clearInterval(sweep);
          resolve();
        });
        for (const session of sessions) session.close();
        abandonUndecided?.();
        closeIdle();
      }),
  };
}

/** Who has no certificate that the authorities have signed is let in here, and told what is missing by the handler. */
function secureOptions(files: TlsFiles): https.ServerOptions {
  return files.ca === undefined ? files : { ...files, requestCert: true, rejectUnauthorized: false };
}

/**
 * Lets Node's HTTP/1.1 parser take its bytes from the stream, not from the TLS socket beneath. While an answer waits to be
 * sent Node pauses the parser, but of the records that have arrived at once the TLS socket hands over all the same, and a
 * paused parser calls that an error ("Parse Error: Paused"). A listener for data makes Node read through the stream, which
 * can wait.
 */
function readThroughStream(socket: TLSSocket): void {
  socket.on("data", () => {});
}

const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/**
 * Looks at the first bytes of each connection and hands it to the server that speaks its version. Both need a real
 * listening HTTP/1.1 server beneath: one that does not listen never enforces its timeouts.
 *
 * @returns a function that closes the connections that have not sent enough to tell
 */
function routeConnections(http1: http.Server, http2Server: http2.Http2Server, timeoutMs: number): () => void {
  const undecided = new Set<() => void>();
  const acceptHttp1 = http1.listeners("connection")[0] as (this: http.Server, socket: Socket) => void;
  http1.off("connection", acceptHttp1);
  http1.on("connection", (socket) => {
    let seen: Buffer = Buffer.alloc(0);
    const timer = setTimeout(() => abandon(), timeoutMs);
    const stop = (): void => {
      clearTimeout(timer);
      undecided.delete(abandon);
      socket.off("readable", look);
      socket.off("error", stop);
      socket.off("end", abandon);
      socket.off("close", stop);
    };
    const abandon = (): void => {
      stop();
      socket.destroy();
    };
    const look = (): void => {
      const chunk: Buffer | null = socket.read();
      if (chunk === null) return;
      seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk]);
      const length = Math.min(seen.length, preface.length);
      const isHttp2 = seen.compare(preface, 0, length, 0, length) === 0;
      // The bytes may come one by one, and "P" may become PRI as well as POST.
      if (isHttp2 && length < preface.length) return;
      stop();
      socket.unshift(seen);
      if (!isHttp2) {
        acceptHttp1.call(http1, socket);
        return;
      }
      // HTTP/1.1 clients may end their side and wait for an answer; an HTTP/2 client that does so is gone.
      socket.allowHalfOpen = false;
      http2Server.emit("connection", socket);
    };
    socket.on("readable", look);
    socket.on("error", stop);
    socket.on("end", abandon);
    socket.on("close", stop);
    undecided.add(abandon);
  });
  return () => {
    for (const abandon of [...undecided]) abandon();
  };
}
