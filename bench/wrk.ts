import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { paths } from "../measure/paths.ts";
import type { WireRequest } from "./exchange.ts";
import { runPinned } from "./run.ts";

/** What wrk prints at its end. */
export interface WrkResult {
  readonly requests: number;
  /** Requests without an answer, and answers with a status other than 2xx and 3xx. */
  readonly failed: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Reads the output of `wrk --latency`. */
export function parseWrk(output: string): WrkResult {
  const requests = /^\s*(\d+) requests in /m.exec(output);
  const p50 = /^\s*50%\s+([\d.]+)(us|ms|s)$/m.exec(output);
  const p99 = /^\s*99%\s+([\d.]+)(us|ms|s)$/m.exec(output);
  if (requests === null || p50 === null || p99 === null) {
    throw new Error(`wrk says nothing that is known: ${output.slice(-500)}`);
  }
  const bad = /^\s*Non-2xx or 3xx responses: (\d+)$/m.exec(output);
  const socket = /^\s*Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)$/m.exec(output);
  const failed = [bad?.[1], ...(socket?.slice(1) ?? [])].reduce((sum, count) => sum + Number(count ?? 0), 0);
  return { requests: Number(requests[1]), failed, p50Ms: inMs(p50), p99Ms: inMs(p99) };
}

const unitMs: Readonly<Record<string, number>> = { us: 1e-3, ms: 1, s: 1000 };

function inMs(match: RegExpExecArray): number {
  return Number(match[1]) * unitMs[match[2]!]!;
}

/** Sends as many equal requests over HTTP/1.1 as are answered within some seconds, in a closed loop. */
export async function wrk(
  core: number,
  port: number,
  request: WireRequest,
  options: { readonly seconds: number; readonly connections: number },
): Promise<WrkResult> {
  const script = join(paths.work, "wrk.lua");
  // Lua takes a byte by its number, whatever it is.
  const body = [...request.body].map((byte) => `\\${String(byte).padStart(3, "0")}`).join("");
  const headers = Object.entries(request.headers).map(([name, value]) => `wrk.headers["${name}"] = "${value}"\n`);
  writeFileSync(script, `wrk.method = "POST"\n${headers.join("")}wrk.body = "${body}"\n`);
  const { seconds, connections } = options;
  const args = ["--latency", "-t1", `-c${connections}`, `-d${seconds}s`, "-s", script];
  return parseWrk(await runPinned(core, paths.wrk, [...args, `http://127.0.0.1:${port}${request.path}`]));
}
