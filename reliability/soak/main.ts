/** Calls the service for a long time as its callers do, and says whether anything piles up. */
import { parseArgs } from "node:util";
import { createProgress } from "../../measure/progress.ts";
import { createStage } from "../chaos/stage.ts";
import { writeFigures } from "../document.ts";
import { printRules, runRules } from "../rule.ts";
import { kindTable, rulesOf } from "./report.ts";
import { type Soaked, soak } from "./run.ts";

const usage = `usage: npm run soak -- [--minutes N] [--rate N] [--write]

  --minutes N   how long. Default: 30
  --rate N      calls a second. Default: 100
  --write       puts the figures into docs/RELIABILITY.md`;

async function main(args: readonly string[]): Promise<boolean> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: "string", default: "30" },
      rate: { type: "string", default: "100" },
      write: { type: "boolean", default: false },
    },
  });
  const seconds = Math.round(Number(values.minutes) * 60);
  const perSecond = Number(values.rate);
  if (!(seconds >= 30)) throw new Error("--minutes: expected a number from 0.5");
  if (!(perSecond > 0)) throw new Error("--rate: expected a number above 0");
  const progress = createProgress();
  const stage = await createStage();
  let soaked: Soaked;
  try {
    await stage.setFaulty(true);
    progress(`${perSecond} calls a second for ${seconds} s`);
    soaked = await soak(stage, { perSecond, seconds }, progress);
  } finally {
    await stage.stop();
  }
  const found = kindTable(soaked);
  const rules = rulesOf(soaked, stage.complaints);
  console.log(`\n${found}\n`);
  for (const [{ title }, { problems }] of soaked.scores) {
    for (const [words, { length }] of Map.groupBy(problems, (one) => one))
      console.log(`${length} × ${title}: ${words}`);
  }
  for (const complaint of stage.complaints.slice(0, 10)) console.log(complaint);
  if (values.write) {
    writeFigures("soak", `npm run soak -- --minutes ${values.minutes} --rate ${values.rate}`, found, rules);
  }
  return printRules(rules);
}

await runRules("soak", usage, main);
