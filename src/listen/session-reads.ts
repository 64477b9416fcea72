import type { ServerHttp2Session } from "node:http2";
import { handleOf, type SocketHandle } from "./socket-handle.ts";

/**
 * Reads nothing more of a connection that speaks HTTP/2 until that is taken back. Node reads it beneath the socket, which is not
 * to be paused, so that only the handle of the socket stops it. What has been read by then is worked off. Nothing is done to
 * what is no session.
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
