import type { ServerHttp2Session } from "node:http2";

interface Handle {
  readStart(): void;
  readStop(): void;
}

/**
 * Reads nothing more of a connection that speaks HTTP/2 until that is taken back. Node reads it beneath the socket, which is not
 * to be paused, so that only the handle of the socket stops it. What has been read by then is worked off. Nothing is done to
 * what is no session.
 */
export function holdSession(connection: object): void {
  handleOf(connection)?.readStop();
}

export function releaseSession(connection: object): void {
  handleOf(connection)?.readStart();
}

function handleOf(connection: object): Handle | undefined {
  const { destroyed, socket } = connection as Partial<ServerHttp2Session>;
  if (destroyed === true || socket === undefined) return undefined;
  return (socket as typeof socket & { readonly _handle?: Handle | null })._handle ?? undefined;
}
