import type { Socket } from "node:net";
import { handleOf } from "../socket-handle.ts";

/**
 * Pauses a socket so that nothing more is read from it. With `pause` alone, Node reads once more, up to 64 KiB, if data
 * was read before there was a listener for `data`.
 */
export function pauseReading(socket: Socket): void {
  socket.pause();
  const handle = handleOf(socket);
  if (handle?.reading !== true) return;
  handle.reading = false;
  handle.readStop();
}

export function resumeReading(socket: Socket): void {
  socket.resume();
  const handle = handleOf(socket);
  if (handle === undefined || handle.reading) return;
  // Node would not start reading again if it believed that a read is under way.
  handle.reading = true;
  handle.readStart();
}
