/**
 * Is loaded into the service by `--import`, and notes how long its event loop was busy with one thing at most. CPU time of
 * the main thread is what counts, so that a machine that others use does not look like a stall. Answers every message with
 * the longest time since the last one.
 */
const lookMs = 5;

let longestMs = 0;
let last = look();

setInterval(() => {
  const now = look();
  longestMs = Math.max(longestMs, Math.min(now.wallMs - last.wallMs - lookMs, now.cpuMs - last.cpuMs));
  last = now;
}, lookMs).unref();

process.on("message", () => {
  process.send?.({ longestMs });
  longestMs = 0;
});
process.channel?.unref();

function look(): { readonly wallMs: number; readonly cpuMs: number } {
  const { user, system } = process.threadCpuUsage();
  return { wallMs: performance.now(), cpuMs: (user + system) / 1000 };
}
