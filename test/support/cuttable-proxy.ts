import net, { type AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** Something between a client and a server that can lose every connection at once. */
export interface CuttableProxy {
  readonly url: string;
  /** How many connections there have been. */
  connections(): number;
  /** Breaks every connection that is open. */
  cut(): void;
}

/** Starts a proxy of bytes in front of a server. */
export async function startCuttableProxy(target: string): Promise<CuttableProxy> {
  const { hostname, port } = new URL(target);
  const open = new Set<net.Socket>();
  let connections = 0;
  const server = net.createServer((socket) => {
    connections++;
    const upstream = net.connect(Number(port), hostname);
    socket.pipe(upstream).pipe(socket);
    for (const end of [socket, upstream]) {
      open.add(end);
      end.on("error", () => {});
      end.once("close", () => {
        open.delete(end);
        socket.destroy();
        upstream.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cut = (): void => {
    for (const end of open) end.destroy();
  };
  onTestFinished(async () => {
    cut();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, connections: () => connections, cut };
}
