import { setTimeout as sleep } from "node:timers/promises";
import { rss } from "../../measure/proc-stat.ts";
import { type ServiceProcess, startServiceProcess } from "../../measure/service-process.ts";

/** What the service says of itself, since it was asked last. */
export interface Vitals {
  /** The longest that the event loop stood still, without the time that the machine gave it no core. */
  readonly longestStallMs: number;
  /** How often it stood still for more than 20 ms, likewise. */
  readonly turnsAbove20Ms: number;
  /** The most CPU time of one turn of the event loop. */
  readonly longestTurnMs: number;
  /** How long its thread was ready to run and got no core. */
  readonly waitedMs: number;
  /** Since the process is there. */
  readonly cpuMs: number;
  readonly rss: number;
  readonly heapUsed: number;
}

/** The service in a process of its own, with a monitor of its event loop in it. */
export interface MeasuredService extends ServiceProcess {
  /** From its start until it was ready with all its models, in milliseconds. */
  readonly startMs: number;
  vitals(): Promise<Vitals>;
  /** The most memory that it ever had, in bytes. */
  peakBytes(): number;
}

/** Starts the built program, as it is deployed, and waits until it has so many models. */
export async function startMeasuredService(
  env: Readonly<Record<string, string>>,
  models: number,
): Promise<MeasuredService> {
  const start = performance.now();
  const service = await startServiceProcess(
    { PORT: "0", HOST: "127.0.0.1", ...env },
    { program: "dist/kserve-model-registry.js", flags: ["--import", "./bench/scale/stall-monitor.ts"] },
  );
  try {
    while ((await fetch(`${service.url}/readyz`)).status !== 200) await sleep(10);
    const startMs = performance.now() - start;
    const found = await countModels(service.url);
    if (found !== models) throw new Error(`the service has ${found} models, not ${models}`);
    return {
      ...service,
      startMs,
      vitals: async () => (await service.ask({})) as unknown as Vitals,
      peakBytes: () => rss(service.pid).peak,
    };
  } catch (error) {
    await service.stop();
    throw error;
  }
}

async function countModels(url: string): Promise<number> {
  const answer = await fetch(`${url}/api/v1/models?pageSize=1`);
  if (answer.status !== 200) throw new Error(`the service does not list its models: ${await answer.text()}`);
  return ((await answer.json()) as { totalSize: number }).totalSize;
}
