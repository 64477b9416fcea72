import type { Socket } from "node:net";

/** The handle that Node reads a socket from, below its streams. */
export interface SocketHandle {
  reading: boolean;
  readStart(): void;
  readStop(): void;
  /** The bytes that the system has not accepted yet. */
  readonly writeQueueSize?: number;
}

/** The handle of a socket, also of one that HTTP/2 has taken over; undefined once it has closed. */
export function handleOf(socket: object): SocketHandle | undefined {
  return (socket as Socket & { readonly _handle?: SocketHandle | null })._handle ?? undefined;
}

/** Stops reading from a socket, below its streams. */
export function stopReading(socket: object): void {
  const handle = handleOf(socket);
  if (handle?.reading !== true) return;
  handle.reading = false;
  handle.readStop();
}

export function startReading(socket: object): void {
  const handle = handleOf(socket);
  if (handle === undefined || handle.reading) return;
  // Node would not start reading again if it believed that a read is under way.
  handle.reading = true;
  handle.readStart();
}
