import type { AddressInfo } from "node:net";
import { connect, createServer, type Socket } from "node:net";
import type { Background } from "./background.ts";

/** What Knative has before a server that scales to zero. */
export interface Activator {
  readonly url: string;
  /** How many connections have come: each of them wakes the server, or keeps it awake. */
  readonly connections: () => number;
  stop(): Promise<void>;
}

/**
 * Starts an activator. It takes connections while there is no server, starts one for the first of them, and holds all of
 * them until it is ready, as Knative's does.
 */
export async function startActivator(start: () => Promise<Background>): Promise<Activator> {
  let awake: Promise<Background> | undefined;
  let connections = 0;
  const sockets = new Set<Socket>();
  const server = createServer(async (caller) => {
    connections++;
    sockets.add(caller);
    caller.on("error", () => {}).on("close", () => sockets.delete(caller));
    awake ??= start();
    const { url } = await awake;
    if (caller.destroyed) return;
    const { hostname, port } = new URL(url);
    const behind = connect(Number(port), hostname);
    behind.on("error", () => caller.destroy()).on("close", () => caller.destroy());
    caller.on("close", () => behind.destroy());
    caller.pipe(behind).pipe(caller);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await (await awake)?.stop();
    },
  };
}
