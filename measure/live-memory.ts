import { once } from "node:events";
import { until } from "../test/support/until.ts";

/**
 * Collects the garbage of a Node process and measures what lives on, in bytes: the heap and the buffers outside of it. The
 * resident memory says how much was needed at some time; this says how much is held now. It goes by the debugger, which
 * SIGUSR1 opens in every Node process.
 *
 * @param stderr what the process has written to standard error, where it prints the address of its debugger
 */
export async function liveBytes(pid: number, stderr: () => string): Promise<number> {
  const address = (): string | undefined => /ws:\/\/\S+/.exec(stderr())?.[0];
  if (address() === undefined) process.kill(pid, "SIGUSR1");
  await until(() => address() !== undefined, "the debugger opens");
  const socket = new WebSocket(address()!);
  await once(socket, "open");
  try {
    await command(socket, 1, "HeapProfiler.collectGarbage");
    const { usedSize, backingStorageSize = 0 } = await command(socket, 2, "Runtime.getHeapUsage");
    return (usedSize ?? 0) + backingStorageSize;
  } finally {
    socket.close();
    await once(socket, "close");
  }
}

async function command(socket: WebSocket, id: number, method: string): Promise<Record<string, number>> {
  socket.send(JSON.stringify({ id, method }));
  for (;;) {
    const [event] = (await once(socket, "message")) as [{ data: string }];
    const answer = JSON.parse(event.data) as { id?: number; result?: Record<string, number> };
    if (answer.id === id) return answer.result ?? {};
  }
}
