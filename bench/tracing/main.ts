/**
 * `npm run bench:tracing`: what traces cost. The CPU time of one call with one row, by REST and by gRPC, of servers that take turns:
 * without a collector, with one whose sampler keeps no call, and with one that gets every call. Without a collector nothing of
 * OpenTelemetry is loaded; that server is measured twice, so that the difference of the two is what the others are to be read with.
 * `--quick` makes few calls, so few that nothing is warm.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { loadavg } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cpuMs } from "../../measure/proc-stat.ts";
import { shippedFlags } from "../../measure/shipped-flags.ts";
import { median } from "../../measure/stats.ts";
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
  stop(): void;
}

/** A server of this process that answers everything alike. */
async function answering(text: string, contentType: string): Promise<{ server: Server; url: string }> {
  const server = createServer((incoming, response) => {
    incoming.resume().on("end", () => {
      response.writeHead(200, { "content-type": contentType, "content-length": text.length }).end(text);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function start(name: string, modelUrl: string, env: Readonly<Record<string, string>>): Promise<Measured> {
  const entry = join(import.meta.dirname, "../../src/main.ts");
  const child = spawn(process.execPath, [...shippedFlags, entry, "serve"], {
    env: {
      PATH: process.env.PATH,
      PORT: "0",
      HOST: "127.0.0.1",
      UI: "off",
      KSERVE_READINESS_INTERVAL: "0",
      KSERVE_MODEL_REGISTRY: JSON.stringify([{ name: modelOf(1), type: "anomaly", url: modelUrl }]),
      ...env,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      const found = /"port":(\d+)/.exec(text)?.[1];
      if (found !== undefined) resolve(Number(found));
    });
  });
  return { name, port, pid: child.pid!, figures: [], stop: () => child.kill() };
}

const model = await answering(answerBody(1).toString(), "application/json");
const collector = await answering("", "application/x-protobuf");
let batches = 0;
collector.server.on("request", () => batches++);
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
  if (batches === 0) throw new Error("the collector got nothing");
  console.log("Traces are to cost at most 25 %.");
} finally {
  for (const one of servers) one.stop();
  for (const { server } of [model, collector]) server.close().closeAllConnections();
}
