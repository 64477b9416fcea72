/** Measures what a prediction costs, here and in peers that do the same, and rewrites the tables of the document. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import { replacePart } from "../measure/document.ts";
import { watchForeignLoad } from "../measure/foreign-load.ts";
import { describeRun } from "../measure/machine.ts";
import { paths } from "../measure/paths.ts";
import { prepare } from "./build.ts";
import { allCases, type Case, caseName, quickCases } from "./cases.ts";
import { chart } from "./chart.ts";
import type { Context, Finding } from "./context.ts";
import { measureDeclared } from "./declared.ts";
import { measureIdleConnections } from "./idle-connections.ts";
import { measureInFlight } from "./in-flight.ts";
import { measureLatency } from "./latency.ts";
import { measureListModels } from "./list-models.ts";
import { type CpuFigures, measureCpu, type Running } from "./measure-cpu.ts";
import { measureMemory } from "./memory.ts";
import { type Options, readOptions, usage } from "./options.ts";
import { peerNames, peersFor } from "./peers.ts";
import { cpuTables, findingTable, targetTable } from "./report.ts";
import { measureSaturation } from "./saturation.ts";
import { startServer } from "./server-process.ts";
import { measureStartup } from "./startup.ts";
import { startUpstream, type Upstream, upstreamModels } from "./upstream.ts";

const serverCore = 0;
const loadCore = 1;

/** Everything that one run has found. */
interface Report {
  /** As Markdown, by the name of its place in the document. */
  readonly parts: Readonly<Record<"run" | "targets" | "cpu" | "findings", string>>;
  /** As a picture. */
  readonly picture: string;
}

async function main(args: readonly string[]): Promise<void> {
  const options = readOptions(args);
  if (os.availableParallelism() < 2) throw new Error("two cores are needed, one for the server and one for the load");
  prepare();
  mkdirSync(paths.work, { recursive: true });
  const upstream = await startUpstream(loadCore);
  const running: Running[] = [];
  try {
    const report = await measure(
      options,
      upstream,
      running,
      ["npm run bench", ...(args.length > 0 ? ["--", ...args] : [])].join(" "),
    );
    for (const [name, content] of Object.entries(report.parts)) console.log(`\n${name}\n\n${content}`);
    if (options.write) rewrite(report);
  } finally {
    await Promise.all(running.map(({ server }) => server.stop()));
    await upstream.stop();
  }
}

async function measure(options: Options, upstream: Upstream, running: Running[], command: string): Promise<Report> {
  const started = performance.now();
  const progress = (text: string): void => {
    console.log(`${String(Math.round((performance.now() - started) / 1000)).padStart(5)} s  ${text}`);
  };
  for (const peer of peersFor(upstreamModels)) {
    // The same code as the bundle, which is what ships: no target is about it.
    if (options.quick && peer.name === peerNames.source) continue;
    running.push({ peer, server: await startServer(await peer.command(upstream.port), serverCore) });
  }
  const foreignShare = watchForeignLoad(() => [upstream.pid, ...running.map(({ server }) => server.pid)]);
  const cases = (options.quick ? quickCases : allCases).filter((one) => options.only?.test(caseName(one)) ?? true);
  const times = { seconds: 0.5, warmSeconds: options.quick ? 1.2 : 2, rounds: options.rounds };
  const figures = await measureCpu({ cases, running, upstream, loadCore, ...times, progress });
  const context: Context = { upstream, running, serverCore, loadCore, progress };
  const findings = await measureOthers(options, context);
  return reportOf(figures, cases, findings, describeRun(command, options.rounds, foreignShare()));
}

/** What is measured besides CPU time, by the names that `--case` takes. */
const others: Readonly<Record<string, (context: Context, rounds: number) => Promise<Finding[]>>> = {
  latency: (context, rounds) => measureLatency(context, rounds, 5),
  saturation: (context, rounds) => measureSaturation(context, rounds, 3),
  startup: measureStartup,
  memory: (context) => measureMemory(context, 5000),
  "in-flight": measureInFlight,
  "idle-connections": measureIdleConnections,
  "list-models": measureListModels,
  declared: measureDeclared,
};

async function measureOthers(options: Options, context: Context): Promise<Finding[]> {
  const findings: Finding[] = [];
  if (options.quick) return findings;
  for (const [name, of] of Object.entries(others)) {
    if (options.only?.test(name) ?? true) findings.push(...(await of(context, options.rounds)));
  }
  return findings;
}

function reportOf(figures: CpuFigures, cases: readonly Case[], findings: readonly Finding[], run: string): Report {
  const notMeasured = "Not part of this run.";
  const parts = {
    run,
    targets: targetTable(figures, findings),
    cpu: cpuTables(figures, cases),
    findings: findings.length > 0 ? findingTable(findings) : notMeasured,
  };
  return { parts, picture: chart(figures) };
}

function rewrite({ parts, picture }: Report): void {
  let document = readFileSync(paths.document, "utf8");
  for (const [name, content] of Object.entries(parts)) document = replacePart(document, name, content);
  writeFileSync(paths.document, document);
  writeFileSync(paths.chart, picture);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(`bench: ${(error as Error).message}`);
  if ((error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS")) console.error(`\n${usage}`);
  process.exitCode = 1;
}
