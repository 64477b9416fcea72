import type { Socket } from "node:net";
import { handleOf } from "../socket-handle.ts";

/**
 * Pauses a socket so that nothing more is read of it. Where what it has was read before anybody listened to `data`, `pause` alone has
 * Node read once more, up to 64 KiB, and hold that.
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
  // A read that Node takes to be under way it would not begin again.
  handle.reading = true;
  handle.readStart();
}
