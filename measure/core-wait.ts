import { readFileSync } from "node:fs";

/** Measures how long the main threads of some processes were ready to run and got no core, on a machine that others use too. */
export interface CoreWait {
  /**
   * The sum over all of them between two times of performance.now(), in milliseconds; no more of each while than has
   * passed, because what they waited side by side held nobody up twice.
   */
  between(fromMs: number, toMs: number): number;
  /** The same, as if each had waited evenly between two looks at it: for many short times, which are less than a look apart. */
  spreadBetween(fromMs: number, toMs: number): number;
  stop(): void;
}

const sampleMs = 20;

/** Reads the time that a process has waited for a core off its /proc/PID/schedstat, in milliseconds. */
export function parseCoreWaitMs(schedstat: string): number {
  return Number(schedstat.split(" ")[1]) / 1e6;
}

/** Watches processes, from now on. Only Linux reports such waits; a process that is gone waits for nothing. */
export function watchCoreWait(pids: readonly number[]): CoreWait {
  const times: number[] = [];
  /** What they had waited by then, altogether. */
  const waits: number[] = [];
  let known = Number.NaN;
  const sample = (): void => {
    const [time, sum] = [performance.now(), waitedSoFar(pids)];
    // One that is gone takes its time along.
    const more = Math.max(0, Math.min(sum - known, time - times.at(-1)!)) || 0;
    waits.push((waits.at(-1) ?? 0) + more);
    times.push(time);
    known = sum;
  };
  const waitedBy = (time: number): number => {
    const after = firstFrom(times, time);
    if (after === 0) return waits[0]!;
    if (after === times.length) return waits.at(-1)!;
    const [from, to] = [times[after - 1]!, times[after]!];
    return waits[after - 1]! + ((time - from) / (to - from)) * (waits[after]! - waits[after - 1]!);
  };
  sample();
  const timer = setInterval(sample, sampleMs);
  return {
    between(fromMs, toMs) {
      if (times.at(-1)! < toMs) sample();
      const to = Math.min(firstFrom(times, toMs), times.length - 1);
      return waits[to]! - waits[Math.max(0, firstFrom(times, fromMs) - 1)]!;
    },
    spreadBetween(fromMs, toMs) {
      if (times.at(-1)! < toMs) sample();
      return waitedBy(toMs) - waitedBy(fromMs);
    },
    stop: () => clearInterval(timer),
  };
}

/** Where the first of the times stands that is not before this one. */
function firstFrom(times: readonly number[], time: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * What the main threads of some processes have waited for a core so far, altogether, in milliseconds. A wait counts once it is
 * over, so that the difference of two looks is exact also for times that are shorter than those between the looks of a watch.
 */
export function waitedSoFar(pids: readonly number[]): number {
  return pids.reduce((total, pid) => total + waitOf(pid), 0);
}

function waitOf(pid: number): number {
  try {
    return parseCoreWaitMs(readFileSync(`/proc/${pid}/schedstat`, "utf8"));
  } catch {
    return 0;
  }
}
