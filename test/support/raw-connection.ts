import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { patienceMs, until } from "./until.ts";

/** A TCP connection whose every byte the test chooses. */
export interface RawConnection {
  readonly socket: Socket;
  /** Everything that has come back so far, byte for byte as Latin-1. */
  received(): string;
  write(data: string | Uint8Array): void;
  /** Sends the end of our side, and keeps reading. */
  halfClose(): void;
  /** Waits for the server to close; gives what came back, or fails after the limit. */
  closed(limitMs?: number): Promise<string>;
  /** Waits until this has come back. */
  receives(text: string, limitMs?: number): Promise<void>;
  isClosed(): boolean;
  destroy(): void;
}

/** Opens a connection to a port of loopback. */
export function openRaw(port: number): Promise<RawConnection> {
  return rawOver(connect({ port, host: "127.0.0.1", allowHalfOpen: true }), "connect");
}

/** Opens a connection to a port of loopback over TLS, for HTTP/2. The certificate is not checked. */
export function openRawTls(port: number): Promise<RawConnection> {
  const options = { port, host: "127.0.0.1", rejectUnauthorized: false, ALPNProtocols: ["h2"] };
  return rawOver(connectTls(options), "secureConnect");
}

async function rawOver(socket: Socket, opened: "connect" | "secureConnect"): Promise<RawConnection> {
  let received = "";
  let closed = false;
  socket.on("data", (chunk) => {
    received += chunk.toString("latin1");
  });
  const close = (): void => {
    closed = true;
    socket.destroy();
  };
  // A reset is as good a way to close as any.
  for (const event of ["end", "error", "close"]) socket.on(event, close);
  await new Promise<void>((resolve) => socket.once(opened, resolve));
  return {
    socket,
    received: () => received,
    write: (data) => void socket.write(data),
    halfClose: () => void socket.end(),
    async closed(limitMs = patienceMs) {
      await until(() => closed, `the server closes; so far it sent ${JSON.stringify(received.slice(0, 200))}`, limitMs);
      return received;
    },
    receives: (text, limitMs = patienceMs) =>
      until(
        () => received.includes(text),
        `${text} comes back; so far ${JSON.stringify(received.slice(0, 200))}`,
        limitMs,
      ),
    isClosed: () => closed,
    destroy: () => void socket.destroy(),
  };
}
