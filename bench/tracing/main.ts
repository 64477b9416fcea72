/**
 * `npm run bench:tracing`: what traces cost. The CPU time of one REST call with one row, of two servers that take turns: one without a
 * collector, and one that sends every span to a collector. `--quick` makes few calls, so few that nothing is warm.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Agent, createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { loadavg } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cpuMs } from "../../measure/proc-stat.ts";
import { shippedFlags } from "../../measure/shipped-flags.ts";
import { median } from "../../measure/stats.ts";

const quick = process.argv.includes("--quick");
const [warmCalls, calls, rounds] = quick ? [500, 500, 3] : [20_000, 10_000, 5];
const atOnce = 16;
const body = '{"instances": [[0.5, 1.2, 0.8, 0.1, 3, 4, 5, 6]]}';

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
      KSERVE_MODEL_REGISTRY: JSON.stringify([{ name: "m", type: "anomaly", url: modelUrl }]),
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

async function call(port: number, agent: Agent): Promise<void> {
  const asked = request({
    ...{ host: "127.0.0.1", port, agent, method: "POST", path: "/v1/models/m:predict" },
    headers: { "content-type": "application/json", "content-length": body.length },
  });
  asked.end(body);
  const [response] = (await once(asked, "response")) as [import("node:http").IncomingMessage];
  response.resume();
  await once(response, "end");
  if (response.statusCode !== 200) throw new Error(`HTTP ${response.statusCode}`);
}

async function load({ port }: Measured, count: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  const caller = async (): Promise<void> => {
    for (let i = 0; i < count / atOnce; i++) await call(port, agent);
  };
  await Promise.all(Array.from({ length: atOnce }, caller));
  agent.destroy();
}

const model = await answering('{"predictions": [1]}', "application/json");
const collector = await answering("", "application/x-protobuf");
let batches = 0;
collector.server.on("request", () => batches++);
const off = await start("without traces", model.url, {});
const on = await start("with every call traced", model.url, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
try {
  console.log(`${new Date().toISOString()}, load ${loadavg()[0]!.toFixed(1)}: ${rounds} rounds of ${calls} calls`);
  for (const one of [off, on]) await load(one, warmCalls);
  for (let round = 0; round < rounds; round++) {
    for (const one of [off, on]) {
      const before = cpuMs(one.pid);
      await load(one, calls);
      // Spans go out in batches, a little later: they are part of what a call costs.
      await sleep(quick ? 500 : 6000);
      one.figures.push(((cpuMs(one.pid) - before) * 1000) / calls);
    }
  }
  if (batches === 0) throw new Error("the collector got nothing");
  for (const { name, figures } of [off, on]) console.log(`${name}: ${median(figures).toFixed(1)} µs of CPU for a call`);
  const more = median(on.figures) / median(off.figures) - 1;
  console.log(`traces cost ${(more * 100).toFixed(0)} % (at most 25 % is wanted)`);
} finally {
  for (const one of [off, on]) one.stop();
  for (const { server } of [model, collector]) server.close().closeAllConnections();
}
