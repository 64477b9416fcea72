/** Restarts two instances in turn while real clients call them, and counts the calls that fail: none may. */
import { parseArgs } from "node:util";
import { createProgress } from "../../measure/progress.ts";
import { table } from "../../measure/table.ts";
import { writeFigures } from "../document.ts";
import { printRules, type Rule, runRules } from "../rule.ts";
import { type Restarted, restartUnderLoad } from "./run.ts";

const usage = `usage: npm run rolling-restart -- [--calls N] [--write]

  --calls N   how many calls are made at least while instances restart. Default: 100000
  --write     puts the figures into docs/RELIABILITY.md`;

async function main(args: readonly string[]): Promise<boolean> {
  const options = { calls: { type: "string", default: "100000" }, write: { type: "boolean", default: false } } as const;
  const { values } = parseArgs({ args: [...args], options });
  const total = Number(values.calls);
  if (!Number.isInteger(total) || total < 1) throw new Error("--calls: expected a whole number from 1");
  const restarted = await restartUnderLoad(total, createProgress());
  const { scores } = restarted;
  const rows = scores.map(({ name, calls, failures }) => [name, calls.toLocaleString("en"), String(failures.length)]);
  const found = table(["client", "calls", "failed"], rows, [1, 2]);
  console.log(`\n${found}\n`);
  for (const { name, failures } of scores) {
    for (const [words, { length }] of Map.groupBy(failures, (one) => one)) console.log(`${length} × ${name}: ${words}`);
  }
  const rules = rulesOf(restarted);
  if (values.write) writeFigures("rolling-restart", `npm run rolling-restart -- --calls ${total}`, found, rules);
  return printRules(rules);
}

function rulesOf({ scores, restarts, seconds, badEnds }: Restarted): Rule[] {
  const calls = scores.reduce((sum, one) => sum + one.calls, 0);
  const failed = scores.reduce((sum, { failures }) => sum + failures.length, 0);
  return [
    {
      rule: "no call fails while two instances restart in turn",
      measured: `${failed} of ${calls.toLocaleString("en")} failed, over ${restarts} restarts in ${Math.round(seconds)} s`,
      met: failed === 0,
    },
    {
      rule: "every instance ends with status 0",
      measured: `${badEnds.length} that did not`,
      met: badEnds.length === 0,
    },
  ];
}

await runRules("rolling-restart", usage, main);
