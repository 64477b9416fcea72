import { median } from "../measure/stats.ts";
import type { Context, Finding } from "./context.ts";
import { wireRequest } from "./exchange.ts";
import { modelOf } from "./payload.ts";
import { type WrkResult, wrk } from "./wrk.ts";

const connections = 32;

/** REST at full load by another generator, with latencies: a second opinion on the order of the servers. */
export async function measureSaturation(context: Context, rounds: number, seconds: number): Promise<Finding[]> {
  const request = wireRequest({ protocol: "rest", form: "body", rows: 1, model: modelOf(1) });
  const results = new Map<string, WrkResult[]>();
  for (let round = 0; round < rounds; round++) {
    for (const { peer, server } of context.running) {
      if (!peer.protocols.includes("rest")) continue;
      const result = await wrk(context.loadCore, server.ports.http1, request, { seconds, connections });
      if (result.failed > 0) throw new Error(`${peer.name}: ${result.failed} of ${result.requests} requests failed`);
      results.set(peer.name, [...(results.get(peer.name) ?? []), result]);
    }
  }
  context.progress("full load is measured");
  return [...results].map(([server, found]): Finding => {
    const of = (key: keyof WrkResult): number => median(found.map((one) => one[key]));
    const perSecond = Math.round(of("requests") / seconds).toLocaleString("en");
    return {
      what: `REST 1 × 8 at full load, ${connections} connections`,
      server,
      measured: `${perSecond} requests a second, p50 ${of("p50Ms").toFixed(1)} ms, p99 ${of("p99Ms").toFixed(1)} ms`,
    };
  });
}
