/**
 * Loaded into the service with `--import`: measures how long its event loop stands still, and reports it over the IPC
 * channel when asked, together with its memory.
 *
 * Three clocks between two turns of the loop: the wall; the time that the thread was ready to run and got no core, which
 * is the machine's fault and taken off a stall; and the CPU time of the thread, which is the service's own work alone.
 */
import { openSync, readSync } from "node:fs";

const intervalMs = 1;

/** The main thread's; it says in the second figure how long the thread has waited for a core, in nanoseconds. */
const schedstat = openSync("/proc/self/schedstat", "r");
const bytes = Buffer.alloc(128);

let longestStallMs = 0;
let longestTurnMs = 0;
let turnsAbove20Ms = 0;
let waitedMs = 0;
let last = clocks();
setInterval(() => {
  const now = clocks();
  const wait = now.wait - last.wait;
  longestStallMs = Math.max(longestStallMs, now.wall - last.wall - intervalMs - wait);
  longestTurnMs = Math.max(longestTurnMs, now.cpu - last.cpu);
  if (now.wall - last.wall - wait > 20) turnsAbove20Ms++;
  waitedMs += wait;
  last = now;
}, intervalMs).unref();

function clocks(): Record<"wall" | "cpu" | "wait", number> {
  const { user, system } = process.threadCpuUsage();
  const length = readSync(schedstat, bytes, 0, bytes.length, 0);
  const wait = Number(bytes.toString("latin1", 0, length).split(" ")[1]) / 1e6;
  return { wall: performance.now(), cpu: (user + system) / 1000, wait };
}

process.on("message", () => {
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  process.send?.({
    longestStallMs,
    longestTurnMs,
    turnsAbove20Ms,
    waitedMs,
    cpuMs: (user + system) / 1000,
    rss,
    heapUsed,
  });
  [longestStallMs, longestTurnMs, turnsAbove20Ms, waitedMs] = [0, 0, 0, 0];
});
// The channel alone does not keep the service alive.
process.channel?.unref();
