import type { Server, Socket } from "node:net";
import { whenNotBusy } from "../base/yield-if-busy.ts";

const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/**
 * Looks at the first bytes of each connection, and hands it over by the version that it speaks.
 *
 * @param timeoutMs how long a connection may take to tell
 * @param acceptHttp1 called with each HTTP/1.1 connection, what has been read of it, and when it was opened
 * @param acceptHttp2 called with each HTTP/2 connection, of which nothing has been read
 * @returns a function that closes the connections that have not sent enough to tell
 */
export function routeConnections(
  server: Server,
  timeoutMs: number,
  acceptHttp1: (socket: Socket, begin: Buffer, openedMs: number) => void,
  acceptHttp2: (socket: Socket) => void,
): () => void {
  const undecided = new Set<() => void>();
  server.on("connection", (socket: Socket) => {
    let seen: Buffer = Buffer.alloc(0);
    const openedMs = performance.now();
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
    const handOverHttp2 = (): void => {
      if (!undecided.has(abandon)) return;
      stop();
      // HTTP/1.1 clients may end their side and wait for an answer; an HTTP/2 client that does so is gone.
      socket.allowHalfOpen = false;
      acceptHttp2(socket);
    };
    const look = (): void => {
      const chunk: Buffer | null = socket.read();
      if (chunk === null) return;
      seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk]);
      const length = Math.min(seen.length, preface.length);
      const isHttp2 = seen.compare(preface, 0, length, 0, length) === 0;
      // The bytes may come one by one, and "P" may become PRI as well as POST.
      if (isHttp2 && length < preface.length) return;
      if (!isHttp2) {
        stop();
        acceptHttp1(socket, seen, openedMs);
        return;
      }
      socket.off("readable", look);
      socket.unshift(seen);
      // Behind the preface may stand a thousand heads, all of which are worked off with it.
      const turn = whenNotBusy(socket);
      if (turn === undefined) handOverHttp2();
      else void turn.then(handOverHttp2);
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
