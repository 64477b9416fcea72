import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout } from "node:timers/promises";
import { rss } from "../measure/proc-stat.ts";
import type { Context, Finding } from "./context.ts";
import { peerNames, peersFor } from "./peers.ts";
import { startServer } from "./server-process.ts";
import { upstreamModels } from "./upstream.ts";

const connections = 2000;
const servers: readonly string[] = [peerNames.bundle, peerNames.connectNode, peerNames.grpcGo, peerNames.connectGo];

/** What an HTTP/2 client says first: the preface and its settings, none. */
const hello = Buffer.concat([
  Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
]);

/** The resident memory that an HTTP/2 connection takes on which nothing happens. */
export async function measureIdleConnections(context: Context): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const peer of peersFor(upstreamModels)) {
    if (!servers.includes(peer.name)) continue;
    const server = await startServer(await peer.command(context.upstream.port), context.serverCore);
    // The first connections load code and make buffers that all share.
    const sockets = await open(server.ports.http2, 100);
    await setTimeout(1000);
    const before = rss(server.pid).now;
    sockets.push(...(await open(server.ports.http2, connections)));
    await setTimeout(1000);
    const each = (rss(server.pid).now - before) / connections;
    for (const socket of sockets) socket.destroy();
    await server.stop();
    findings.push({
      what: `memory per idle HTTP/2 connection, of ${connections.toLocaleString("en")}`,
      server: peer.name,
      measured: `${(each / 1024).toFixed(0)} KiB`,
    });
  }
  context.progress("idle connections are measured");
  return findings;
}

async function open(port: number, count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    socket.write(hello);
    socket.resume();
    socket.on("error", () => {});
    sockets.push(socket);
  }
  return sockets;
}
