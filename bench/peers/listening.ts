import type { AddressInfo, Server } from "node:net";

/** Opens free ports of the loopback device and writes them as the one line of a peer's output. */
export async function listening(servers: Readonly<Record<string, Server>>): Promise<void> {
  const ports: Record<string, number> = {};
  for (const [name, server] of Object.entries(servers)) {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    ports[name] = (server.address() as AddressInfo).port;
  }
  console.log(JSON.stringify(ports));
}
