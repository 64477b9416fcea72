/**
 * Loaded into the service with `--import`: measures how long its event loop stands still, and tells it over the IPC
 * channel when asked, together with its memory.
 *
 * Two clocks: the wall, which also counts what other processes take of the machine, and the CPU time of the thread
 * between two turns of the loop, which counts what the service itself did without letting anything else go first.
 */
const intervalMs = 1;

let walls: number[] = [];
let busy: number[] = [];
let wall = performance.now();
let cpu = threadCpuMs();
setInterval(() => {
  const [nowWall, nowCpu] = [performance.now(), threadCpuMs()];
  walls.push(nowWall - wall - intervalMs);
  busy.push(nowCpu - cpu);
  [wall, cpu] = [nowWall, nowCpu];
}, intervalMs).unref();

function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

process.on("message", () => {
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  process.send?.({
    longestStallMs: walls.reduce((a, b) => Math.max(a, b), 0),
    longestTurnMs: busy.reduce((a, b) => Math.max(a, b), 0),
    turnsAbove20Ms: busy.filter((turn) => turn > 20).length,
    cpuMs: (user + system) / 1000,
    rss,
    heapUsed,
  });
  walls = [];
  busy = [];
});
// The channel alone does not keep the service alive.
process.channel?.unref();
