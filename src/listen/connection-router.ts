import type { Socket } from "node:net";
import { preface } from "../base/http2-frames.ts";
import { afterwards } from "../base/yield-if-busy.ts";
import { burstsPerSecond, callsBegun, calmDown, mostCallsAtOnce } from "./http2/calls-at-once.ts";
import { limitRate } from "./limit-rate.ts";
import { createRestedTurns } from "./rested-turns.ts";
import { startReading, stopReading } from "./socket-handle.ts";
import { freeBytes, type UnreadBytes, type UnreadHolder } from "./unread-bytes.ts";

/**
 * Connections are looked at one after the other when their first bytes have come: hundreds that are opened at once must not be one
 * turn of the event loop, as behind a preface may stand a thousand heads, and the calls of others must not wait for all of them.
 */
const lookInTurn = createRestedTurns();

/** The first call of a connection begins in the same way, where its client has sent all of a head of HTTP/1.1. */
const callInTurn = createRestedTurns();

/** A client that begins more calls at once waits behind others that do: after each there is a longer rest. */
const fewCalls = 16;

/** How many times as long as it takes to look at one of these the rest after it is: they get a fiftieth of the time. */
const longRest = 50;
const lookAtManyInTurn = createRestedTurns((tookMs) => longRest * tookMs);

/** Where the head of a request of HTTP/1.1 ends. */
const headEnd = "\r\n\r\n";

/** Looks at the first bytes of connections, and hands each over according to its HTTP version. */
export interface ConnectionRouter {
  /** Takes a connection without TLS. */
  route(socket: Socket): void;
  /** Takes a connection whose client has chosen HTTP/2 by ALPN. */
  routeHttp2(socket: Socket): void;
  /** Closes those that have not sent enough to tell, now and from now on. */
  close(): void;
}

/**
 * Creates a router.
 *
 * @param timeoutMs how long a connection may take to send enough to tell
 * @param unread counts what is read of connections that wait for their turn
 * @param acceptHttp1 called with each HTTP/1.1 connection, the bytes read from it, and when it was opened
 * @param acceptHttp2 called with each HTTP/2 connection, from which nothing has been read
 */
export function createConnectionRouter(
  timeoutMs: number,
  unread: UnreadBytes,
  acceptHttp1: (socket: Socket, begin: Buffer, openedMs: number) => void,
  acceptHttp2: (socket: Socket) => void,
): ConnectionRouter {
  const undecided = new Set<() => void>();
  let isClosing = false;
  const mayBurst = limitRate(burstsPerSecond, burstsPerSecond);
  const lookAt = (socket: Socket, chosen: "HTTP/2" | undefined): void => {
    let seen: Buffer = Buffer.alloc(0);
    const openedMs = performance.now();
    const timer = setTimeout(() => abandon(), timeoutMs);
    let isStopped = false;
    const stop = (): void => {
      isStopped = true;
      clearTimeout(timer);
      undecided.delete(abandon);
      unread.count(holder, 0);
      socket.off("readable", look);
      socket.off("error", stop);
      socket.off("end", abandon);
      socket.off("close", stop);
    };
    const abandon = (): void => {
      stop();
      socket.destroy();
    };
    const holder: UnreadHolder = { shed: abandon };
    let isWaiting = false;
    const look = (): void => {
      if (isWaiting) return;
      read();
      if (seen.length === 0) return;
      if (chosen === undefined && seen.includes(headEnd) && !startsAsHttp2(seen)) waitToCall();
      else wait();
    };
    const read = (): void => {
      const chunk: Buffer | null = socket.read();
      if (chunk !== null) seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk]);
    };
    /** Waits for its turn, with what it has sent, which may be enough. Nothing more is read meanwhile. */
    const hold = (): void => {
      isWaiting = true;
      undecided.delete(abandon);
      stopReading(socket);
      if (seen.length > freeBytes) unread.count(holder, seen.length);
    };
    const letGo = (): void => {
      isWaiting = false;
      unread.count(holder, 0);
      startReading(socket);
    };
    /** It has sent all of a request, and may have ended its side. */
    const waitToCall = (): void => {
      clearTimeout(timer);
      socket.off("end", abandon);
      hold();
      callInTurn(async () => {
        if (isStopped) return;
        letGo();
        decide();
        await new Promise<void>(afterwards);
      });
    };
    const wait = (): void => {
      const isMany = callsBegun(seen) > fewCalls;
      hold();
      const lookLater = isMany ? lookAtManyInTurn : lookInTurn;
      lookLater(async () => {
        if (isStopped) return;
        letGo();
        undecided.add(abandon);
        read();
        if (!isMany && callsBegun(seen) > fewCalls) {
          wait();
          return;
        }
        decide();
        if (isClosing && !isStopped) abandon();
        // A session reads what has come when it is there.
        await new Promise<void>(afterwards);
      });
    };
    const decide = (): void => {
      const hasPreface = startsAsHttp2(seen);
      // The bytes may come one by one, and "P" may become PRI as well as POST.
      if (hasPreface && seen.length < preface.length) return;
      stop();
      if (!hasPreface && chosen === undefined) {
        acceptHttp1(socket, seen, openedMs);
        return;
      }
      if (callsBegun(seen) > mostCallsAtOnce && !mayBurst()) {
        socket.on("error", () => {});
        socket.end(calmDown, () => socket.destroy());
        return;
      }
      socket.unshift(seen);
      // HTTP/1.1 clients may half-close and wait for an answer; an HTTP/2 client that does so is gone.
      socket.allowHalfOpen = false;
      acceptHttp2(socket);
    };
    socket.on("readable", look);
    socket.on("error", stop);
    socket.on("end", abandon);
    socket.on("close", stop);
    undecided.add(abandon);
  };
  return {
    route: (socket) => lookAt(socket, undefined),
    routeHttp2: (socket) => lookAt(socket, "HTTP/2"),
    close() {
      isClosing = true;
      for (const abandon of [...undecided]) abandon();
    },
  };
}

/** Whether these are the first bytes of a preface of HTTP/2, or all of it and more. */
function startsAsHttp2(bytes: Buffer): boolean {
  const length = Math.min(bytes.length, preface.length);
  return bytes.compare(preface, 0, length, 0, length) === 0;
}
