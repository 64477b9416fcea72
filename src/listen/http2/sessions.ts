import http2, { type ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import type { AcceptStream } from "../call-admission.ts";
import { burstSeconds, type ConnectionLimits } from "../connection-limits.ts";
import { type ConnectionMemory, takes } from "../connection-memory.ts";
import { limitSession, streamsPerStep } from "../http2-session.ts";

/**
 * Large enough that long requests do not wait for a window update every 64 KiB, and no larger: it may be filled with
 * frames of one byte and 255 bytes of padding, all processed in one turn of the event loop.
 */
const streamWindowBytes = 256 * 1024;
const connectionWindowBytes = 4 * streamWindowBytes;

/** All connections that speak HTTP/2. */
export interface Http2Sessions {
  /** How many there are. */
  readonly size: number;
  /** Takes a connection where there is memory for it; it is closed otherwise. */
  accept(socket: Socket): void;
  /** Closes each when its calls have ended, and those that come from now on. */
  close(): void;
}

export interface Http2SessionsOptions {
  readonly memory: ConnectionMemory;
  /** Whether a connection is taken without memory for it: probes. */
  readonly isSpared: (socket: Socket) => boolean;
  /** Takes their calls. */
  readonly onStream: AcceptStream;
}

export function createHttp2Sessions(
  limits: ConnectionLimits,
  { memory, isSpared, onStream }: Http2SessionsOptions,
): Http2Sessions {
  const all = new Set<ServerHttp2Session>();
  let isClosing = false;
  const server = http2.createServer(serverOptions(limits));
  server.on("stream", onStream);
  server.on("session", (session) => {
    memory.take(takes.session);
    all.add(session);
    session.setLocalWindowSize(connectionWindowBytes);
    limitSession(session, limits);
    session.once("close", () => {
      all.delete(session);
      memory.giveBack(takes.session);
    });
    // Without a listener the error of one connection would end the process.
    session.on("error", () => session.destroy());
    if (isClosing) session.close();
  });
  return {
    get size() {
      return all.size;
    },
    accept(socket) {
      if (memory.hasRoomForConnection(takes.session) || isSpared(socket)) server.emit("connection", socket);
      else socket.destroy();
    },
    close() {
      isClosing = true;
      for (const session of all) session.close();
    },
  };
}

function serverOptions(limits: ConnectionLimits): http2.ServerOptions {
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
