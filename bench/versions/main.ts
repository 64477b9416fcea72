/** Measures what requests of the registry of versions cost server and database together, beside a bare handler. */
import { readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import { parseArgs } from "node:util";
import { replacePart } from "../../measure/document.ts";
import { watchForeignLoad } from "../../measure/foreign-load.ts";
import { paths } from "../../measure/paths.ts";
import { createProgress } from "../../measure/progress.ts";
import { buildBundle } from "../build.ts";
import { databases } from "./databases.ts";
import { reportOf } from "./report.ts";
import { measure, type Plan } from "./run.ts";

const usage = `usage: npm run bench:versions -- [--quick] [--only NAME] [--models N] [--many N] [--write]

  --quick       2,000 models, one round, and nothing about growth
  --only NAME   one database: ${Object.keys(databases).join(", ")}
  --models N    how many models there are. Default: 40000
  --many N      how many models the growth is measured by; 0: not at all. Default: 1000000
  --rounds N    of which the median counts. Default: 3
  --requests N  how many requests a round measures, after half as many. Default: 2000
  --write       puts the figures into docs/PERFORMANCE.md`;

async function main(args: readonly string[]): Promise<void> {
  const text = { type: "string" } as const;
  const flag = { type: "boolean", default: false } as const;
  const options = { quick: flag, write: flag, only: text, models: text, many: text, rounds: text, requests: text };
  const { values } = parseArgs({ args: [...args], options });
  const { quick } = values;
  const plan: Plan = {
    models: Number(values.models ?? (quick ? 2000 : 40_000)),
    manyModels: Number(values.many ?? (quick ? 0 : 1_000_000)),
    rounds: Number(values.rounds ?? (quick ? 1 : 3)),
    requests: Number(values.requests ?? (quick ? 500 : 2000)),
  };
  const chosen = Object.entries(databases).filter(([name]) => values.only === undefined || values.only === name);
  if (chosen.length === 0) throw new Error(`--only: expected one of ${Object.keys(databases).join(", ")}`);
  buildBundle();
  const progress = createProgress();
  const reports: string[] = [];
  const pids: number[] = [];
  const foreignShare = watchForeignLoad(() => pids);
  for (const [, start] of chosen) {
    const database = await start();
    try {
      reports.push(reportOf(await measure(database, plan, progress), plan));
    } finally {
      await database.stop();
    }
  }
  const given = args.filter((arg) => arg !== "--write");
  const command = ["npm run bench:versions", ...(given.length > 0 ? ["--", ...given] : [])].join(" ");
  const run = [
    `- Date: ${new Date().toISOString().slice(0, 10)}; command: \`${command}\`; ${plan.rounds} rounds, medians`,
    `- Machine: ${os.cpus().length} cores, ${os.cpus()[0]?.model.trim()}, Linux ${os.release()}, Node ${process.versions.node}`,
    `- During the run ${Math.round(foreignShare() * 100)} % of the machine's CPU time went to other processes`,
  ].join("\n");
  const content = [run, ...reports].join("\n\n");
  console.log(`\n${content}\n`);
  if (!values.write) return;
  writeFileSync(paths.document, replacePart(readFileSync(paths.document, "utf8"), "versions", content));
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(`bench:versions: ${(error as Error).stack}`);
  if ((error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS")) console.error(`\n${usage}`);
  process.exitCode = 1;
}
