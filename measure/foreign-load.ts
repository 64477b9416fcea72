import { readFileSync } from "node:fs";
import os from "node:os";
import { busyMs, cpuMs, parseFamilyMs } from "./proc-stat.ts";

/**
 * Watches how much of the machine's CPU time goes to processes that are not part of the run: figures of a busy machine
 * are worth less.
 *
 * @param pids the servers that run now; those that have ended are counted by the system as children
 * @returns a function that gives the share since the start, from 0 to 1
 */
export function watchForeignLoad(pids: () => readonly number[]): () => number {
  const own = (): number =>
    parseFamilyMs(readFileSync("/proc/self/stat", "utf8")) + pids().reduce((sum, pid) => sum + cpuMs(pid), 0);
  const start = { busy: busyMs(), own: own(), at: performance.now() };
  return () => {
    const foreign = busyMs() - start.busy - (own() - start.own);
    return Math.max(0, foreign / ((performance.now() - start.at) * os.cpus().length));
  };
}
