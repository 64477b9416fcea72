import type { Socket } from "node:net";

/** Above this a copy of what goes out costs more than a piece of its own. */
const maxJoinedBytes = 16 * 1024;

const nothing: Uint8Array = new Uint8Array();

/**
 * Writes a content and the text before it as one piece where it is small, else as pieces that go out together.
 *
 * @param before as latin1
 * @param onOut called when all of it has gone out, or cannot
 * @returns whether there is room for more
 */
export function writeTogether(
  socket: Socket,
  before: string,
  content: Uint8Array,
  behind = nothing,
  onOut?: (error?: Error | null) => void,
): boolean {
  const { length } = content;
  if (length + behind.length === 0) return socket.write(before, "latin1", onOut);
  if (length <= maxJoinedBytes) {
    const all = Buffer.allocUnsafe(before.length + length + behind.length);
    all.write(before, "latin1");
    all.set(content, before.length);
    if (behind.length > 0) all.set(behind, before.length + length);
    return socket.write(all, onOut);
  }
  socket.cork();
  if (before !== "") socket.write(before, "latin1");
  const hasRoom = socket.write(content, behind.length === 0 ? onOut : undefined);
  if (behind.length > 0) socket.write(behind, onOut);
  socket.uncork();
  return hasRoom;
}
