import { readFileSync } from "node:fs";

/** Tells how long the main threads of some processes were ready to run and got no core, on a machine that others use too. */
export interface CoreWait {
  /** The sum over all of them between two times of performance.now(), in milliseconds. */
  between(fromMs: number, toMs: number): number;
  stop(): void;
}

const sampleMs = 20;

/** Reads the time that a process has waited for a core off its /proc/PID/schedstat, in milliseconds. */
export function parseCoreWaitMs(schedstat: string): number {
  return Number(schedstat.split(" ")[1]) / 1e6;
}

/** Watches processes, from now on. The system tells it of Linux; a process that is gone waits for nothing. */
export function watchCoreWait(pids: readonly number[]): CoreWait {
  const times: number[] = [];
  const waits: number[] = [];
  const sample = (): void => {
    times.push(performance.now());
    waits.push(pids.reduce((sum, pid) => sum + waitOf(pid), 0));
  };
  sample();
  const timer = setInterval(sample, sampleMs);
  return {
    between(fromMs, toMs) {
      sample();
      const from = Math.max(
        0,
        times.findLastIndex((time) => time <= fromMs),
      );
      const to = times.findIndex((time) => time >= toMs);
      return waits[to < 0 ? waits.length - 1 : to]! - waits[from]!;
    },
    stop: () => clearInterval(timer),
  };
}

function waitOf(pid: number): number {
  try {
    return parseCoreWaitMs(readFileSync(`/proc/${pid}/schedstat`, "utf8"));
  } catch {
    return 0;
  }
}
