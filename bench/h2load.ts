import { paths } from "../measure/paths.ts";
import { runPinned } from "./run.ts";

/** What h2load prints at its end. */
export interface H2loadResult {
  readonly succeeded: number;
  /** Requests that failed in any way: not sent, not answered, or with a status other than 2xx. */
  readonly failed: number;
  /** How many bytes of content all answers had, without heads and frames. */
  readonly contentBytes: number;
  readonly seconds: number;
}

/** Reads the output of h2load. */
export function parseH2load(output: string): H2loadResult {
  const requests = /^requests: (\d+) total, \d+ started, \d+ done, (\d+) succeeded/m.exec(output);
  const statuses = /^status codes: (\d+) 2xx/m.exec(output);
  const traffic = /^traffic: .* \((\d+)\) data$/m.exec(output);
  const finished = /^finished in ([\d.]+)(us|ms|s|m)\b/m.exec(output);
  if (requests === null || statuses === null || traffic === null || finished === null) {
    throw new Error(`h2load says nothing that is known: ${output.slice(-500)}`);
  }
  const succeeded = Math.min(Number(requests[2]), Number(statuses[1]));
  return {
    succeeded,
    failed: Number(requests[1]) - succeeded,
    contentBytes: Number(traffic[1]),
    seconds: Number(finished[1]) * unitSeconds[finished[2]!]!,
  };
}

const unitSeconds: Readonly<Record<string, number>> = { us: 1e-6, ms: 1e-3, s: 1, m: 60 };

/** A load in a closed loop: each answer makes room for the next request. */
export interface H2loadOptions {
  readonly core: number;
  readonly port: number;
  readonly version: 1 | 2;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyFile: string;
  readonly requests: number;
  readonly connections: number;
  /** Requests under way on each connection. */
  readonly streams: number;
}

/** Sends many equal requests. */
export async function h2load(options: H2loadOptions): Promise<H2loadResult> {
  const { core, port, version, path, headers, bodyFile, requests, connections, streams } = options;
  const args = [
    ...(version === 1 ? ["--h1"] : ["--max-concurrent-streams", String(streams)]),
    ...["--requests", String(requests), "--clients", String(Math.min(connections, requests)), "--data", bodyFile],
    // Windows that never make a server wait: 2^26 bytes for a stream and for a connection.
    ...["--window-bits", "26", "--connection-window-bits", "26"],
    ...Object.entries(headers).flatMap(([name, value]) => ["--header", `${name}: ${value}`]),
    `http://127.0.0.1:${port}${path}`,
  ];
  return parseH2load(await runPinned(core, paths.h2load, args));
}
