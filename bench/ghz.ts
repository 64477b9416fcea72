import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { paths, root } from "../measure/paths.ts";
import { runPinned } from "./run.ts";

/** What ghz prints at its end. */
export interface GhzResult {
  readonly count: number;
  /** Calls that ended with another status than OK. */
  readonly failed: number;
  /** Calls that were really made in a second. */
  readonly rate: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

interface GhzReport {
  readonly count: number;
  readonly rps: number;
  readonly statusCodeDistribution: Readonly<Record<string, number>>;
  readonly latencyDistribution: readonly { readonly percentage: number; readonly latency: number }[] | null;
}

/** Reads the JSON that ghz writes. Latencies in it are nanoseconds. */
export function parseGhz(output: string): GhzResult {
  const report = JSON.parse(output) as GhzReport;
  const latencyMs = (percentage: number): number =>
    (report.latencyDistribution?.find((one) => one.percentage === percentage)?.latency ?? Number.NaN) / 1e6;
  return {
    count: report.count,
    failed: report.count - (report.statusCodeDistribution.OK ?? 0),
    rate: report.rps,
    p50Ms: latencyMs(50),
    p99Ms: latencyMs(99),
  };
}

/** Writes the contract as descriptors: the parser in ghz is older than `optional` in proto3. */
function describeContract(): string {
  const file = join(paths.work, "contract.binpb");
  execFileSync(join(root, "node_modules/.bin/buf"), ["build", "--output", file], { cwd: root });
  return file;
}

/** Calls Predict at a fixed rate, whatever the answers take, for some seconds. */
export async function ghz(
  core: number,
  port: number,
  messageFile: string,
  options: { readonly rate: number; readonly seconds: number },
): Promise<GhzResult> {
  const { rate, seconds } = options;
  const args = [
    ...["--insecure", "--protoset", describeContract()],
    ...["--call", "kserve.registry.v1.ModelRegistry.Predict", "--binary-file", messageFile],
    ...["--rps", String(rate), "--total", String(rate * seconds), "--concurrency", "32", "--connections", "8"],
    ...["--timeout", "10s", "--format", "json", `127.0.0.1:${port}`],
  ];
  return parseGhz(await runPinned(core, paths.ghz, args));
}
