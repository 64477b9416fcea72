import type { Socket } from "node:net";
import { startReading, stopReading } from "../socket-handle.ts";

/**
 * Pauses a socket so that nothing more is read from it. With `pause` alone, Node reads once more, up to 64 KiB, if data
 * was read before there was a listener for `data`.
 */
export function pauseReading(socket: Socket): void {
  socket.pause();
  stopReading(socket);
}

export function resumeReading(socket: Socket): void {
  socket.resume();
  startReading(socket);
}
