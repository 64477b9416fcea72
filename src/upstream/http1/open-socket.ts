import { connect as connectTcp, type OnReadOpts, type Socket } from "node:net";
import { connect as connectTls, type SecureContext } from "node:tls";
import { bareHost, portOf, serverNameOf } from "../../base/url-address.ts";
import { assertHostAllowed, guardedLookup } from "../http/guarded-lookup.ts";

/** The TLS state that connections opened with the same files share. */
export interface TlsState {
  /** Undefined: the defaults of Node. */
  readonly context: SecureContext | undefined;
  /** The session of the last such connection, so that the next handshake is faster. */
  session: Buffer | undefined;
}

/** Where a connection goes. */
export interface SocketTarget {
  readonly origin: URL;
  /** Whether it may go nowhere but to addresses that anybody may name. */
  readonly guarded: boolean;
  /** Undefined where the origin is http. */
  readonly tls: TlsState | undefined;
}

/**
 * The buffer that all sockets read into: each piece is processed before anything else is read, so reading allocates no
 * memory. As large as Node's reads.
 */
const readBuffer = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * Begins to open a connection. A name is connected to at whichever of its addresses answers.
 *
 * @param onData gets what comes, which is overwritten when it returns; false: nothing more is read before `resume`
 * @throws ForbiddenAddress
 */
export function openSocket({ origin, guarded, tls }: SocketTarget, onData: (bytes: Buffer) => boolean): Socket {
  const host = bareHost(origin.hostname);
  if (guarded) assertHostAllowed(host);
  const onread: OnReadOpts = {
    buffer: readBuffer,
    callback: (bytes) => onData(readBuffer.subarray(0, bytes)),
  };
  const options = {
    host,
    port: portOf(origin),
    onread,
    ...(guarded ? { lookup: guardedLookup } : {}),
  };
  if (tls === undefined) return connectTcp(options);
  const { context, session } = tls;
  const socket = connectTls({
    ...options,
    ...serverNameOf(host),
    ALPNProtocols: ["http/1.1"],
    ...(context === undefined ? {} : { secureContext: context }),
    ...(session === undefined ? {} : { session }),
  });
  return socket.on("session", (received) => {
    tls.session = received;
  });
}
