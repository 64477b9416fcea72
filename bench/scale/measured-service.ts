import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { root } from "../../measure/paths.ts";
import { rss } from "../../measure/proc-stat.ts";
import { shippedFlags } from "../../measure/shipped-flags.ts";

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
export interface ServiceProcess {
  readonly pid: number;
  readonly url: string;
  /** From its start until it was ready with all its models, in milliseconds. */
  readonly startMs: number;
  vitals(): Promise<Vitals>;
  /** The most memory that it ever had, in bytes. */
  peakBytes(): number;
  stop(): Promise<void>;
}

/** Starts the built program, as it is deployed, and waits until it has so many models. */
export async function startServiceProcess(
  env: Readonly<Record<string, string>>,
  models: number,
): Promise<ServiceProcess> {
  const start = performance.now();
  const child = spawn(
    process.execPath,
    [...shippedFlags, "--import", "./bench/scale/stall-monitor.ts", "dist/kserve-model-registry.js", "serve"],
    {
      cwd: root,
      env: { PATH: process.env.PATH, PORT: "0", HOST: "127.0.0.1", ...env },
      stdio: ["ignore", "pipe", "inherit", "ipc"],
    },
  );
  try {
    const url = await addressOf(child);
    while ((await fetch(`${url}/readyz`)).status !== 200) await sleep(10);
    const startMs = performance.now() - start;
    const found = await countModels(url);
    if (found !== models) throw new Error(`the service has ${found} models, not ${models}`);
    return processOf(child, url, startMs);
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
}

function processOf(child: ChildProcess, url: string, startMs: number): ServiceProcess {
  return {
    pid: child.pid!,
    url,
    startMs,
    async vitals() {
      child.send("vitals");
      const [vitals] = (await once(child, "message")) as [Vitals];
      return vitals;
    },
    peakBytes: () => rss(child.pid!).peak,
    async stop() {
      child.kill("SIGTERM");
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}

async function addressOf(child: ChildProcess): Promise<string> {
  for await (const line of createInterface(child.stdout!)) {
    const { url, port, msg } = JSON.parse(line) as { url?: string; port?: number; msg: string };
    // Lines about models have an address too, and no port.
    if (url !== undefined && port !== undefined) {
      child.stdout!.resume();
      return url;
    }
    console.error(msg);
  }
  throw new Error("the service does not start");
}

async function countModels(url: string): Promise<number> {
  const answer = await fetch(`${url}/api/v1/models?pageSize=1`);
  if (answer.status !== 200) throw new Error(`the service does not list its models: ${await answer.text()}`);
  return ((await answer.json()) as { totalSize: number }).totalSize;
}
