import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { endWithProcess } from "../../measure/end-with-process.ts";
import { root } from "../../measure/paths.ts";
import { cpuMs, parseFamilyMs, rss } from "../../measure/proc-stat.ts";
import { shippedFlags } from "../../measure/shipped-flags.ts";

/** A server in a process of its own that answers over HTTP. */
export interface Served {
  readonly pid: number;
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts a program with the flags of the image, and waits for the line of its log that names the address. */
export async function serve(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Served> {
  const child = spawn(process.execPath, [...shippedFlags, ...args], {
    cwd: root,
    env: { PATH: process.env.PATH, HOST: "127.0.0.1", PORT: "0", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  endWithProcess(child);
  const url = await addressOf(child);
  child.stdout!.resume();
  return {
    pid: child.pid!,
    url,
    stop: async () => {
      child.kill("SIGTERM");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    },
  };
}

async function addressOf(child: ChildProcess): Promise<string> {
  for await (const line of createInterface(child.stdout!)) {
    const { url } = JSON.parse(line) as { url?: string };
    if (url !== undefined) return url;
  }
  throw new Error("the server does not start");
}

/** The CPU time of a process, and of all that it has started and that have ended or run on, in milliseconds. */
export function familyCpuMs(pid: number): number {
  const stats = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        return [readFileSync(`/proc/${name}/stat`, "utf8")];
      } catch {
        // It has ended since.
        return [];
      }
    });
  const parentOf = (stat: string): number => Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  const children = stats.filter((stat) => parentOf(stat) === pid).map((stat) => Number.parseInt(stat, 10));
  return parseFamilyMs(readFileSync(`/proc/${pid}/stat`, "utf8")) + children.reduce((sum, id) => sum + cpuMs(id), 0);
}

/** How far the resident memory of a process rises while `work` runs, in bytes. */
export async function memoryRise(pid: number, work: () => Promise<void>): Promise<number> {
  // Linux forgets the peak that there was.
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
  const before = rss(pid).now;
  await work();
  return Math.max(0, rss(pid).peak - before);
}
