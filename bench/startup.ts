import { setTimeout } from "node:timers/promises";
import { median } from "../measure/stats.ts";
import type { Context, Finding } from "./context.ts";
import { type WireRequest, wireRequest } from "./exchange.ts";
import { modelOf } from "./payload.ts";
import { bundleEntry, ours, peerNames } from "./peers.ts";
import { send } from "./send.ts";
import { startServer } from "./server-process.ts";

const models = 1000;
const limitMs = 300;

/** From the start of the process to its first answered Predict, with many models. */
export async function measureStartup(context: Context, rounds: number): Promise<Finding[]> {
  const names = [modelOf(1), ...Array.from({ length: models - 1 }, (_, i) => `model-${i}`)];
  const request = wireRequest({ protocol: "rest", form: "body", rows: 1, model: modelOf(1) });
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const command = await ours(peerNames.bundle, bundleEntry, names, context.upstream.port);
    const started = performance.now();
    const server = await startServer(command, context.serverCore);
    await firstAnswer(server.ports.http1, request);
    times.push(performance.now() - started);
    await server.stop();
  }
  const value = median(times);
  context.progress("start is measured");
  return [
    {
      what: `start to first answered Predict, ${models.toLocaleString("en")} models`,
      server: peerNames.bundle,
      measured: `${value.toFixed(0)} ms`,
      target: `at most ${limitMs} ms`,
      met: value <= limitMs,
    },
  ];
}

async function firstAnswer(port: number, request: WireRequest): Promise<void> {
  for (;;) {
    const status = await send(port, 1, request).then(
      (answer) => answer.status,
      () => 0,
    );
    if (status === 200) return;
    await setTimeout(1);
  }
}
