import { readFileSync, writeFileSync } from "node:fs";

/** The clock of /proc: a tick is 10 ms on every Linux that Node runs on (USER_HZ). */
const tickMs = 10;

/** Reads the CPU time of a process, user and system, in milliseconds, off its /proc/PID/stat. */
export function parseCpuMs(stat: string): number {
  const { user, system } = times(stat);
  return (user + system) * tickMs;
}

/** The same with the children that have ended. */
export function parseFamilyMs(stat: string): number {
  const { user, system, childUser, childSystem } = times(stat);
  return (user + system + childUser + childSystem) * tickMs;
}

function times(stat: string): Record<"user" | "system" | "childUser" | "childSystem", number> {
  // The name of the program stands in parentheses and may hold spaces and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [user = 0, system = 0, childUser = 0, childSystem = 0] = fields.slice(11, 15).map(Number);
  return { user, system, childUser, childSystem };
}

/** The CPU time that a process has used so far, in milliseconds. */
export function cpuMs(pid: number): number {
  return parseCpuMs(readFileSync(`/proc/${pid}/stat`, "utf8"));
}

/** Reads the resident memory now and at its peak, in bytes, off a /proc/PID/status. */
export function parseRss(status: string): { readonly now: number; readonly peak: number } {
  const kib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]);
  return { now: kib("VmRSS") * 1024, peak: kib("VmHWM") * 1024 };
}

/** The resident memory of a process, now and at its peak, in bytes. */
export function rss(pid: number): { readonly now: number; readonly peak: number } {
  return parseRss(readFileSync(`/proc/${pid}/status`, "utf8"));
}

/** From now on the peak is that of what follows. */
export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
}

/** Reads the time that all processors together have spent on work since the start, in milliseconds, off /proc/stat. */
export function parseBusyMs(stat: string): number {
  const [user, nice, system, , , irq, softirq, steal] = /^cpu +(.*)$/m.exec(stat)![1]!.split(" ").map(Number);
  return (user! + nice! + system! + irq! + softirq! + steal!) * tickMs;
}

/** The time that all processors together have spent on work since the start, in milliseconds. */
export function busyMs(): number {
  return parseBusyMs(readFileSync("/proc/stat", "utf8"));
}
