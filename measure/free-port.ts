import { createServer } from "node:net";

/** Below the ports that systems take for connections that go out, so that none of those comes in between. */
const firstPort = 20_000;
const lastPort = 32_000;

/** Handed out already by this process, whether taken yet or not. */
const given = new Set<number>();

/** A port of the loopback interface that is free now, and unlike those before. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = firstPort + Math.floor(Math.random() * (lastPort - firstPort));
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
}

function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer()
    .once("error", () => resolve(false))
    .listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  return promise;
}
