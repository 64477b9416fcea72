import type { Socket } from "node:net";
import { yieldIfBusy } from "../base/yield-if-busy.ts";

/**
 * Lets a connection close in a turn of the event loop that has room for it: hundreds may end at once, and the system takes
 * longer to close each of them than to open it.
 */
export function closeWhenNotBusy(socket: Pick<Socket, "_destroy">): void {
  const destroy = socket._destroy.bind(socket);
  socket._destroy = (error, callback) => {
    const pause = yieldIfBusy();
    if (pause === undefined) destroy(error, callback);
    else void pause.then(() => destroy(error, callback));
  };
}
