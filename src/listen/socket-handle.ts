import type { Socket } from "node:net";

/** What Node reads a socket from, beneath its streams. */
export interface SocketHandle {
  reading: boolean;
  readStart(): void;
  readStop(): void;
  /** What the system has not taken yet, in bytes. */
  readonly writeQueueSize?: number;
}

/** The handle of a socket, also of one that HTTP/2 has taken over; undefined once it has closed. */
export function handleOf(socket: object): SocketHandle | undefined {
  return (socket as Socket & { readonly _handle?: SocketHandle | null })._handle ?? undefined;
}
