import http2 from "node:http2";
import net, { type AddressInfo, type Socket } from "node:net";
import tls from "node:tls";
import type { RequestHandler } from "../api/http.ts";
import { createAnswerLimit } from "./answer-limit.ts";
import { createCallAdmission } from "./call-admission.ts";
import { limitConnection, retiring } from "./connection-age.ts";
import { burstSeconds, type ConnectionLimits, defaultConnectionLimits } from "./connection-limits.ts";
import { ConnectionMemory, takes } from "./connection-memory.ts";
import { routeConnections } from "./connection-router.ts";
import { createHttp1Connections } from "./http1/connections.ts";
import { acceptStream } from "./http2/accept-stream.ts";
import { limitHeads, limitSession, streamsPerStep } from "./http2-session.ts";
import { createProbeSlots, probeSlots } from "./probe-slots.ts";

/** A certificate chain and its key, in PEM. */
export interface TlsFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
  /**
   * The authorities of client certificates. If set, clients are asked for one; the handler decides about those without.
   */
  readonly ca?: Buffer | undefined;
}

/** Limits that are left out have their defaults. */
export interface ListenerOptions extends Partial<ConnectionLimits> {
  /** If set, the port uses TLS, and ALPN selects the HTTP version. */
  readonly tls?: TlsFiles | undefined;
  /** How much memory connections and calls may take besides bodies. Default: as much as bodies, and at least 64 MiB. */
  readonly maxConnectionBytes?: number;
}

/** HTTP/1.1 and HTTP/2 on one port. */
export interface Listener {
  /** Starts to listen. Port 0 takes a free one. */
  listen(port: number, host: string): Promise<{ readonly port: number }>;
  /** How many connections there are, and how many of them speak HTTP/2. */
  connections(): { readonly open: number; readonly http2: number };
  /** Takes new files for new connections. Does nothing without TLS. */
  setTls(files: TlsFiles): void;
  /** Stops accepting, lets calls under way finish within the given time, then closes the rest. */
  close(graceMs: number): Promise<void>;
}

const idleSweepMs = 50;

/** The least that connections need to be of any use. */
const leastConnectionBytes = 64 * 1024 * 1024;

/** At least this much is buffered of a connection that is paused. */
const unreadBytes = 4 * 1024;

/**
 * Large enough that long requests do not wait for a window update every 64 KiB, and no larger: it may be filled with
 * frames of one byte and 255 bytes of padding, all processed in one turn of the event loop.
 */
const streamWindowBytes = 256 * 1024;
const connectionWindowBytes = 4 * streamWindowBytes;

const socketOptions = { noDelay: true, highWaterMark: unreadBytes };

function http2Options(limits: ConnectionLimits) {
  return {
    settings: {
      maxConcurrentStreams: Math.min(streamsPerStep, limits.maxConcurrentStreams),
      maxHeaderListSize: limits.maxHeaderBytes,
      initialWindowSize: streamWindowBytes,
    },
    // Includes streams; with the default of 10 a session ends under 10,000 waiting calls.
    maxSessionMemory: 32,
    // Many client deadlines at once reset many streams without being an attack (CVE-2023-44487).
    streamResetBurst: limits.maxResetRate * burstSeconds,
    streamResetRate: limits.maxResetRate,
  };
}

/** Creates a listener that hands every request to one handler. It does not listen yet. */
export function createListener(
  { tls: files, maxConnectionBytes, ...given }: ListenerOptions,
  givenHandler: RequestHandler,
): Listener {
  const limits: ConnectionLimits = { ...defaultConnectionLimits, ...given };
  const answers = createAnswerLimit(limits.answerTimeoutMs);
  const probes = createProbeSlots();
  const memory = new ConnectionMemory(maxConnectionBytes ?? Math.max(leastConnectionBytes, limits.maxBytesInMemory));
  const admission = createCallAdmission({ maxCalls: limits.maxCalls, memory, isSpared: probes.has });
  const limited = probes.limit(answers.limit(retiring(givenHandler)));
  const handler = admission.admitRequests(limitHeads(limited, limits.maxHeaderBytes));
  const sockets = new Set<Socket>();
  const sessions = new Set<http2.ServerHttp2Session>();
  const http1 = createHttp1Connections(limits, handler);
  const http2Server = http2.createServer(http2Options(limits));
  http2Server.on("stream", admission.admitStreams(acceptStream(handler)));
  const acceptHttp1 = (socket: Socket, begin?: Buffer, openedMs?: number): void => {
    limitConnection(socket, limits);
    http1.accept(socket, begin, openedMs);
  };
  const acceptHttp2 = (socket: Socket): void => {
    if (memory.hasRoomForConnection(takes.session) || probes.has(socket)) http2Server.emit("connection", socket);
    else socket.destroy();
  };
  const secure = files === undefined ? undefined : createTls(files, limits, acceptHttp1, acceptHttp2);
  const bytesOfEach = takes.connection + (secure === undefined ? 0 : takes.tls);
  const listening = secure ?? net.createServer({ ...socketOptions, allowHalfOpen: true });
  // Twice the slots: a freed one counts until it is closed.
  listening.maxConnections = limits.maxConnections + 2 * probeSlots;
  let closing = false;

  http2Server.on("session", (session) => {
    memory.take(takes.session);
    sessions.add(session);
    session.setLocalWindowSize(connectionWindowBytes);
    limitSession(session, limits);
    session.once("close", () => {
      sessions.delete(session);
      memory.giveBack(takes.session);
    });
    // Without a listener the error of one connection would end the process.
    session.on("error", () => session.destroy());
    if (closing) session.close();
  });
  const abandonUndecided =
    secure === undefined ? routeConnections(listening, limits.headersTimeoutMs, acceptHttp1, acceptHttp2) : undefined;
  listening.on("connection", (socket: Socket) => {
    const hasRoom = memory.hasRoomForConnection(bytesOfEach);
    if (sockets.size >= limits.maxConnections || !hasRoom) probes.take(socket);
    memory.take(bytesOfEach);
    sockets.add(socket);
    answers.limitSocket(socket);
    socket.once("close", () => {
      sockets.delete(socket);
      memory.giveBack(bytesOfEach);
    });
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

    connections: () => ({ open: sockets.size, http2: sessions.size }),

    setTls: (next) => secure?.setSecureContext(next),

    close: (graceMs) =>
      new Promise((resolve) => {
        closing = true;
        const force = setTimeout(() => {
          for (const socket of sockets) socket.destroy();
        }, graceMs);
        // HTTP/1.1 connections become idle as their calls end, and would delay the close.
        const sweep = setInterval(http1.closeIdle, idleSweepMs);
        listening.close(() => {
          clearTimeout(force);
          clearInterval(sweep);
          answers.stop();
          http1.stop();
          resolve();
        });
        for (const session of sessions) session.close();
        abandonUndecided?.();
        http1.closeIdle();
      }),
  };
}

/** A TLS server that hands each connection over according to the HTTP version that its client chose. */
function createTls(
  files: TlsFiles,
  { headersTimeoutMs }: ConnectionLimits,
  acceptHttp1: (socket: Socket) => void,
  acceptHttp2: (socket: Socket) => void,
): tls.Server {
  const server = tls.createServer({
    ...socketOptions,
    ...secureOptions(files),
    // Clients that offer none of these are refused (RFC 7301, 3.2); `curl --http1.0` offers only the last.
    ALPNProtocols: ["h2", "http/1.1", "http/1.0"],
    handshakeTimeout: headersTimeoutMs,
  });
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  return server.on("secureConnection", (socket) => {
    socket.on("error", () => {});
    if (socket.alpnProtocol === "h2") acceptHttp2(socket);
    else acceptHttp1(socket);
  });
}

/** Clients without a certificate signed by the authorities are accepted here; the handler says what is missing. */
function secureOptions(files: TlsFiles): tls.TlsOptions {
  return files.ca === undefined ? files : { ...files, requestCert: true, rejectUnauthorized: false };
}
