/** Connect's own conformance runner against the listener and the Connect handler of this project. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { programs } from "../support/paths.ts";
import { recordCases } from "../support/results.ts";
import { run } from "../support/run.ts";

it("every case passes, in every protocol, HTTP version, codec and compression", { timeout: 400_000 }, async () => {
  const { failures, ...counts } = await conformance(290_000);
  recordCases("conformance", counts);
  console.log(`conformance: ${counts.passed} passed, ${counts.failed} failed`);
  expect(failures.slice(0, 20)).toEqual([]);
  expect(counts).toEqual({ passed: 5256, failed: 0 });
});

/**
 * Runs the cases, and returns the failed ones with what the runner says about each. Some judge times, which a busy
 * machine spoils: the few that fail are tried once more, by themselves.
 */
async function conformance(timeoutMs: number) {
  const first = await runCases([], timeoutMs);
  if (first.failures.length === 0 || first.failures.length > 10) return first;
  const { failures } = await runCases(first.failures.map(caseOf), timeoutMs);
  return { failures, passed: first.passed + first.failed - failures.length, failed: failures.length };
}

/** Runs the named cases, or all of them where none is named. */
async function runCases(names: readonly string[], timeoutMs: number) {
  const server = join(import.meta.dirname, "server.ts");
  const config = join(import.meta.dirname, "config.yaml");
  // A server that takes more than ten seconds to start fails all its cases, so on a slow machine only two start at once.
  const options = [
    "--mode",
    "server",
    "--conf",
    config,
    "--max-servers",
    "2",
    ...names.flatMap((name) => ["--run", name]),
  ];
  const { stdout, stderr } = await run(programs.connectconformance, [...options, "--", process.execPath, server], {
    timeoutMs,
  });
  const log = stdout + stderr;
  const summary = /^(\d+) passed, (\d+) failed$/m.exec(log);
  if (summary === null) throw new Error(`the runner gave no summary:\n${log}`);
  const failures = log.split(/^(?=FAILED: )/m).filter((part) => part.startsWith("FAILED: "));
  return { failures, passed: Number(summary[1]), failed: Number(summary[2]) };
}

/** The name of the case that a failure begins with. */
function caseOf(failure: string): string {
  return /^FAILED: (.*?):?$/m.exec(failure)![1]!;
}
