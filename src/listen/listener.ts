import http from "node:http";
import http2 from "node:http2";
import type https from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { RequestHandler } from "../api/http.ts";
import { createAnswerLimit } from "./answer-limit.ts";
import { createCallAdmission } from "./call-admission.ts";
import { limitConnection, retiring } from "./connection-age.ts";
import { burstSeconds, type ConnectionLimits, defaultConnectionLimits } from "./connection-limits.ts";
import { routeConnections } from "./connection-router.ts";
import { limitHeads, limitSession, streamsPerStep } from "./http2-session.ts";
import { createProbeSlots, probeSlots } from "./probe-slots.ts";
import { readInSlices } from "./sliced-reads.ts";
import { soundHeads } from "./sound-heads.ts";

/** A certificate chain and its key, in PEM. */
export interface TlsFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** The authorities of client certificates. With it callers are asked for one; what becomes of it is up to the handler. */
  readonly ca?: Buffer | undefined;
}

/** Limits that are left out have their defaults. */
export interface ListenerOptions extends Partial<ConnectionLimits> {
  /** With it the port speaks TLS, and ALPN chooses the HTTP version. */
  readonly tls?: TlsFiles | undefined;
}

/** HTTP/1.1 and HTTP/2 on one port. */
export interface Listener {
  /** Starts to listen. Port 0 takes a free one. */
  listen(port: number, host: string): Promise<{ readonly port: number }>;
  /** How many connections there are, and how many of them speak HTTP/2. */
  connections(): { readonly open: number; readonly http2: number };
  /** Takes new files for new connections. Does nothing without TLS. */
  setTls(files: TlsFiles): void;
  /** Stops accepting, lets what is under way finish within the given time, then closes what is left. */
  close(graceMs: number): Promise<void>;
}

const idleSweepMs = 50;
const unreadBytes = 4 * 1024;

/**
 * Wide enough that long requests do not wait for a window update per 64 KiB, and no wider: what may come without asking may come in
 * frames of a byte and 255 of padding, all of which are worked off in one turn of the event loop.
 */
const streamWindowBytes = 256 * 1024;
const connectionWindowBytes = 4 * streamWindowBytes;

function http1Options(limits: ConnectionLimits) {
  return {
    headersTimeout: limits.headersTimeoutMs,
    // Node looks at the times only so often; its default of 30 s would be the real limit.
    connectionsCheckingInterval: limits.headersTimeoutMs / 4,
    // The handler limits the time of bodies, and answers.
    requestTimeout: 0,
    keepAliveTimeout: limits.idleConnectionTimeoutMs,
    maxHeaderSize: limits.maxHeaderBytes,
    // Of a body that nobody reads yet so much is held, and a byte may come as a piece of its own.
    highWaterMark: unreadBytes,
    // Node would answer each of thousands that come in one read at once; `soundHeads` does so in turn.
    requireHostHeader: false,
  };
}

function http2Options(limits: ConnectionLimits) {
  return {
    settings: {
      maxConcurrentStreams: Math.min(streamsPerStep, limits.maxConcurrentStreams),
      maxHeaderListSize: limits.maxHeaderBytes,
      initialWindowSize: streamWindowBytes,
    },
    // Counts streams, among others; with the default of 10 a session ends under 10,000 waiting calls.
    maxSessionMemory: 32,
    // A storm of client deadlines resets many streams without being an attack (CVE-2023-44487).
    streamResetBurst: limits.maxResetRate * burstSeconds,
    streamResetRate: limits.maxResetRate,
  };
}

/** Creates a listener that hands every request to one handler. It does not listen yet. */
export function createListener({ tls, ...given }: ListenerOptions, givenHandler: RequestHandler): Listener {
  const limits: ConnectionLimits = { ...defaultConnectionLimits, ...given };
  const answers = createAnswerLimit(limits.answerTimeoutMs);
  const probes = createProbeSlots();
  const admission = createCallAdmission(limits.maxCalls);
  const limited = probes.limit(answers.limit(soundHeads(retiring(givenHandler))));
  const handler = admission.admitRequests(limitHeads(limited, limits.maxHeaderBytes));
  const sockets = new Set<Socket>();
  const sessions = new Set<http2.ServerHttp2Session>();
  const http1 = tls === undefined ? http.createServer(http1Options(limits), handler) : undefined;
  const secure =
    tls &&
    http2.createSecureServer(
      {
        ...http2Options(limits),
        ...http1Options(limits),
        ...secureOptions(tls),
        handshakeTimeout: limits.headersTimeoutMs,
        allowHTTP1: true,
      },
      handler,
    );
  const http2Server = secure ?? http2.createServer(http2Options(limits), handler);
  admission.admitStreams(http2Server);
  const listening = http1 ?? http2Server;
  // Twice the slots: one that is freed counts until it is closed.
  listening.maxConnections = limits.maxConnections + 2 * probeSlots;
  let closing = false;

  http2Server.on("session", (session) => {
    sessions.add(session);
    session.setLocalWindowSize(connectionWindowBytes);
    limitSession(session, limits);
    session.once("close", () => sessions.delete(session));
    // Without a listener the error of one connection would end the process.
    session.on("error", () => session.destroy());
    if (closing) session.close();
  });
  const onHttp1 = (socket: Socket): void => limitConnection(socket, limits);
  const abandonUndecided =
    http1 && routeConnections(http1, http2Server as http2.Http2Server, limits.headersTimeoutMs, onHttp1);
  listening.on("connection", (socket: Socket) => {
    if (sockets.size >= limits.maxConnections) probes.take(socket);
    sockets.add(socket);
    answers.limitSocket(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  secure?.on("secureConnection", (socket) => {
    socket.on("error", () => {});
    if (socket.alpnProtocol === "h2") return;
    // While an answer waits to be sent Node pauses its parser, but of the records that have arrived at once the TLS socket hands
    // over all the same, and a paused parser calls that an error ("Parse Error: Paused").
    readInSlices(socket);
    onHttp1(socket);
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
          answers.stop();
          resolve();
        });
        for (const session of sessions) session.close();
        abandonUndecided?.();
        closeIdle();
      }),
  };
}

/** Who has no certificate that the authorities have signed is let in here; the handler says what is missing. */
function secureOptions(files: TlsFiles): https.ServerOptions {
  return files.ca === undefined ? files : { ...files, requestCert: true, rejectUnauthorized: false };
}
