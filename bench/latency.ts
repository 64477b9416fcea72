import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { paths } from "../measure/paths.ts";
import { median } from "../measure/stats.ts";
import type { Case } from "./cases.ts";
import type { Context, Finding } from "./context.ts";
import { wireRequest } from "./exchange.ts";
import { type GhzResult, ghz } from "./ghz.ts";
import { modelOf } from "./payload.ts";
import { peerNames } from "./peers.ts";

const rows = 100;
const rate = 1000;
const one: Case = { protocol: "grpc", form: "instances", rows, model: modelOf(rows) };
const servers: readonly string[] = [peerNames.bundle, peerNames.grpcGo, peerNames.connectGo, peerNames.connectNode];

/** p50 and p99 of gRPC calls at a fixed rate, in turn for each server. */
export async function measureLatency(context: Context, rounds: number, seconds: number): Promise<Finding[]> {
  const file = join(paths.work, "latency.bin");
  // ghz frames the message itself.
  writeFileSync(file, wireRequest(one).body.subarray(5));
  const results = new Map<string, GhzResult[]>();
  // The first round warms up.
  for (let round = 0; round <= rounds; round++) {
    for (const { peer, server } of context.running) {
      if (!servers.includes(peer.name)) continue;
      const result = await ghz(context.loadCore, server.ports.http2, file, { rate, seconds });
      if (result.failed > 0) throw new Error(`${peer.name}: ${result.failed} of ${result.count} calls failed`);
      if (round > 0) results.set(peer.name, [...(results.get(peer.name) ?? []), result]);
    }
    context.progress(`latency: round ${round} of ${rounds} is done`);
  }
  return (["p50Ms", "p99Ms"] as const).flatMap((key) => {
    const limit = key === "p50Ms" ? 1.1 : 6;
    const floor = median(results.get(peerNames.grpcGo)?.map((result) => result[key]) ?? []);
    return [...results].map(([server, found]): Finding => {
      const value = median(found.map((result) => result[key]));
      const reached = median(found.map((result) => result.rate));
      const finding = {
        what: `${key.slice(0, 3)} at ${rate} calls a second, gRPC ${rows} × 8 \`instances\``,
        server,
        measured: `${value.toFixed(2)} ms, ${(value / floor).toFixed(2)} × grpc-go (${reached.toFixed(0)} calls a second reached)`,
      };
      if (server !== peerNames.bundle) return finding;
      return { ...finding, target: `at most ${limit} × grpc-go`, met: value / floor <= limit };
    });
  });
}
