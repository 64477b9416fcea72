import net, { type AddressInfo, type Socket } from "node:net";
import type { RequestHandler } from "../api/http.ts";
import { createAnswerLimit } from "./answer-limit.ts";
import { createCallAdmission } from "./call-admission.ts";
import { limitConnection, retiring } from "./connection-age.ts";
import { type ConnectionLimits, defaultConnectionLimits } from "./connection-limits.ts";
import { ConnectionMemory, takes } from "./connection-memory.ts";
import { createConnectionRouter } from "./connection-router.ts";
import { createHttp1Connections } from "./http1/connections.ts";
import { acceptStream } from "./http2/accept-stream.ts";
import { createHttp2Sessions } from "./http2/sessions.ts";
import { limitHeads } from "./http2-session.ts";
import { createProbeSlots, probeSlots } from "./probe-slots.ts";
import { socketOptions } from "./socket-options.ts";
import type { TlsFiles } from "./tls-files.ts";
import { createTlsServer } from "./tls-server.ts";
import { UnreadBytes } from "./unread-bytes.ts";

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

/** The part of the memory that unread bytes may take. */
const unreadPart = 1 / 8;

/** The least that connections need to be of any use. */
const leastConnectionBytes = 64 * 1024 * 1024;

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
  const unread = new UnreadBytes(Math.floor(limits.maxBytesInMemory * unreadPart));
  const http1 = createHttp1Connections(limits, handler, admission.beginInTurn, unread);
  const http2 = createHttp2Sessions(limits, {
    memory,
    isSpared: probes.has,
    onStream: admission.admitStreams(acceptStream(handler)),
  });
  const acceptHttp1 = (socket: Socket, begin?: Buffer, openedMs?: number): void => {
    limitConnection(socket, limits);
    http1.accept(socket, begin, openedMs);
  };
  const router = createConnectionRouter(limits.headersTimeoutMs, unread, acceptHttp1, http2.accept);
  const secure = files === undefined ? undefined : createTlsServer(files, limits, acceptHttp1, router.routeHttp2);
  const bytesOfEach = takes.connection + (secure === undefined ? 0 : takes.tls);
  const listening = secure ?? net.createServer({ ...socketOptions, allowHalfOpen: true });
  // Twice the slots: a freed one counts until it is closed.
  listening.maxConnections = limits.maxConnections + 2 * probeSlots;
  if (secure === undefined) listening.on("connection", router.route);
  const sockets = new Set<Socket>();
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

    connections: () => ({ open: sockets.size, http2: http2.size }),

    setTls: (next) => secure?.setSecureContext(next),

    close: (graceMs) =>
      new Promise((resolve) => {
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
        http2.close();
        router.close();
        http1.closeIdle();
      }),
  };
}
