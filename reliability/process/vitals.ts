import { readdirSync, readlinkSync } from "node:fs";
import { rss } from "../../measure/proc-stat.ts";
import { send } from "../../test/support/http-client.ts";

/** What a process holds. */
export interface Vitals {
  /** Open files of every kind. */
  readonly handles: number;
  /** The sockets among them. */
  readonly sockets: number;
  /** Resident memory, in bytes. */
  readonly residentBytes: number;
}

/** Reads what a process holds off /proc. */
export function vitalsOf(pid: number): Vitals {
  const folder = `/proc/${pid}/fd`;
  const names = readdirSync(folder);
  const sockets = names.filter((name) => isSocket(`${folder}/${name}`)).length;
  return { handles: names.length, sockets, residentBytes: rss(pid).now };
}

/** A file may be closed between the listing and the look at it. */
function isSocket(path: string): boolean {
  try {
    return readlinkSync(path).startsWith("socket:");
  } catch {
    return false;
  }
}

/** The sum of all series of a metric, by its name. */
export async function readMetric(url: string, name: string): Promise<number> {
  const { body } = await send("1.1", { url, path: "/metrics" });
  return body
    .split("\n")
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}
