import type { ServerHttp2Session } from "node:http2";
import { handleOf, type SocketHandle } from "./socket-handle.ts";

/**
 * Pauses reading from an HTTP/2 connection. Node reads it below the socket, which must not be paused, so only the
 * socket's handle can stop it. What has been read is still processed. Does nothing to an HTTP/1.1 connection.
 */
export function holdSession(connection: object): void {
  handleOfSession(connection)?.readStop();
}

export function releaseSession(connection: object): void {
  handleOfSession(connection)?.readStart();
}

function handleOfSession(connection: object): SocketHandle | undefined {
  const { destroyed, socket } = connection as Partial<ServerHttp2Session>;
  return destroyed === true || socket === undefined || socket.destroyed ? undefined : handleOf(socket);
}
