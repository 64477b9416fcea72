import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { paths } from "../measure/paths.ts";
import { rss } from "../measure/proc-stat.ts";
import { type Context, type Finding, mebibytes } from "./context.ts";
import { wireRequest } from "./exchange.ts";
import { h2load } from "./h2load.ts";
import { modelOf } from "./payload.ts";
import { peerNames, peersFor } from "./peers.ts";
import { startServer } from "./server-process.ts";
import { upstreamModels } from "./upstream.ts";

const limitBytes = 256 * 1024 ** 2;
const rows = 1000;
const servers: readonly string[] = [peerNames.bundle, peerNames.connectNode, peerNames.grpcGo];

/** Resident memory of a fresh process at rest, and its peak under 64 large predictions at a time. */
export async function measureMemory(context: Context, requests: number): Promise<Finding[]> {
  const request = wireRequest({ protocol: "grpc", form: "instances", rows, model: modelOf(rows) });
  const bodyFile = join(paths.work, "memory.bin");
  writeFileSync(bodyFile, request.body);
  const findings: Finding[] = [];
  for (const peer of peersFor(upstreamModels)) {
    if (!servers.includes(peer.name)) continue;
    const server = await startServer(await peer.command(context.upstream.port), context.serverCore);
    await setTimeout(1500);
    const idle = rss(server.pid).now;
    const { path, headers } = request;
    const target = { core: context.loadCore, port: server.ports.http2, version: 2 as const, path, headers, bodyFile };
    const result = await h2load({ ...target, requests, connections: 16, streams: 4 });
    if (result.failed > 0) throw new Error(`${peer.name}: ${result.failed} of ${requests} requests failed`);
    const { peak } = rss(server.pid);
    await server.stop();
    findings.push({ what: "memory at rest", server: peer.name, measured: mebibytes(idle) });
    const what = `peak memory, 64 at a time of 1,000 × 8 \`instances\`, ${requests.toLocaleString("en")} in all`;
    const finding = { what, server: peer.name, measured: mebibytes(peak) };
    findings.push(
      peer.name === peerNames.bundle ? { ...finding, target: "at most 256 MiB", met: peak <= limitBytes } : finding,
    );
  }
  context.progress("memory is measured");
  return findings;
}
