import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { bareHost, portOf, serverNameOf } from "../../base/url-address.ts";
import type { TlsClient } from "../http/tls-client.ts";
import { connectionError } from "./connection-error.ts";

/** Where a connection goes. */
export interface SocketTarget {
  /** Of the address that the entry names; its host goes into SNI and is looked for in the certificate. */
  readonly origin: URL;
  /** The IP address that is dialled. */
  readonly address: string;
  readonly tls: TlsClient;
  readonly timeoutMs: number;
}

/** A connection that is opening. */
export interface OpeningSocket {
  readonly opened: Promise<Socket>;
  /** Gives up. */
  end(): void;
}

/**
 * Opens a connection that HTTP/2 can be spoken on, by TLS where the origin is https: with ALPN `h2`, and nothing else.
 *
 * @throws Error with a code, UnreadableFile; by the promise
 */
export function openSocket({ origin, address, tls, timeoutMs }: SocketTarget): OpeningSocket {
  let socket: Socket | undefined;
  const opened = new Promise<Socket>((resolve, reject) => {
    const secure = origin.protocol === "https:";
    const host = bareHost(origin.hostname);
    const port = portOf(origin);
    socket = secure
      ? connectTls({
          host: address,
          port,
          ...serverNameOf(host),
          ALPNProtocols: ["h2"],
          ...secureContextOf(tls),
        })
      : connectTcp({ host: address, port });
    const opening = socket;
    opening.setNoDelay(true);
    const timer = setTimeout(
      () => opening.destroy(connectionError("ETIMEDOUT", "the connection did not open in time")),
      timeoutMs,
    );
    const failed = (error?: Error): void => {
      clearTimeout(timer);
      reject(error ?? connectionError("ECONNRESET", "the connection closed while it opened"));
    };
    opening.once("error", failed);
    opening.once("close", failed);
    opening.once(secure ? "secureConnect" : "connect", () => {
      clearTimeout(timer);
      opening.off("close", failed);
      if (secure && (opening as TLSSocket).alpnProtocol !== "h2") {
        opening.destroy();
        reject(connectionError("ERR_TLS_WITHOUT_HTTP2", "the server did not choose h2 by ALPN"));
        return;
      }
      opening.off("error", failed);
      resolve(opening);
    });
  });
  return { opened, end: () => socket?.destroy() };
}

function secureContextOf(tls: TlsClient): object {
  const secureContext = tls.context();
  return secureContext === undefined ? {} : { secureContext };
}
