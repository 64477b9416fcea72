/**
 * `npm run bench:tracing`: what traces cost. The CPU time of one call with one row, by REST and by gRPC, of servers that take turns:
 * without a collector, with one whose sampler keeps no call, and with one that gets every call. Without a collector nothing of
 * OpenTelemetry is loaded; that server is measured twice, so that the difference of the two is what the others are to be read with.
 * `--quick` makes few calls, so few that nothing is warm.
 */
import { loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { cpuMs } from "../../measure/proc-stat.ts";
import { startServiceProcess } from "../../measure/service-process.ts";
import { median } from "../../measure/stats.ts";
import { startAnswering } from "../answering.ts";
import { answerBody, modelOf } from "../payload.ts";
import { makeCalls, protocols } from "./calls.ts";

const quick = process.argv.includes("--quick");
const [warmCalls, calls, rounds] = quick ? [512, 512, 3] : [20_000, 10_000, 5];
const atOnce = 16;
/** Spans go out in batches, a little later: they are part of what a call costs. */
const settleMs = quick ? 500 : 6000;

interface Measured {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
  /** CPU time for each call, in microseconds, by round. */
  readonly figures: number[];
  stop(): Promise<unknown>;
}

async function start(name: string, modelUrl: string, env: Readonly<Record<string, string>>): Promise<Measured> {
  const { port, pid, stop } = await startServiceProcess({
    PORT: "0",
    HOST: "127.0.0.1",
    UI: "off",
    KSERVE_READINESS_INTERVAL: "0",
    KSERVE_MODEL_REGISTRY: JSON.stringify([{ name: modelOf(1), type: "anomaly", url: modelUrl }]),
    ...env,
  });
  return { name, port, pid, figures: [], stop };
}

const model = await startAnswering(answerBody(1).toString());
const collector = await startAnswering("", "application/x-protobuf");
const toCollector = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
const servers = [
  await start("without traces", model.url, {}),
  await start("without traces, again", model.url, {}),
  await start("with no call sampled", model.url, { ...toCollector, OTEL_TRACES_SAMPLER: "always_off" }),
  await start("with every call traced", model.url, toCollector),
] as const;
try {
  console.log(`${new Date().toISOString()}, load ${loadavg()[0]!.toFixed(1)}: ${rounds} rounds of ${calls} calls`);
  for (const protocol of protocols) {
    for (const { port } of servers) await makeCalls(protocol, port, warmCalls, atOnce);
    await sleep(settleMs);
    for (const { figures } of servers) figures.length = 0;
    for (let round = 0; round < rounds; round++) {
      for (const { pid, port, figures } of servers) {
        const before = cpuMs(pid);
        await makeCalls(protocol, port, calls, atOnce);
        await sleep(settleMs);
        figures.push(((cpuMs(pid) - before) * 1000) / calls);
      }
    }
    const [off, ...others] = servers.map(({ figures }) => median(figures));
    console.log(`${protocol}, one row, µs of CPU for a call:`);
    console.log(`  ${servers[0].name}: ${off!.toFixed(1)}`);
    for (const [i, micros] of others.entries()) {
      const more = (micros / off! - 1) * 100;
      console.log(`  ${servers[i + 1]!.name}: ${micros.toFixed(1)}, ${more < 0 ? "" : "+"}${more.toFixed(0)} %`);
    }
  }
  if (collector.requests() === 0) throw new Error("the collector got nothing");
  console.log("Traces are to cost at most 25 %.");
} finally {
  await Promise.all(servers.map((server) => server.stop()));
  for (const server of [model, collector]) server.close();
}
