/** Calls models that fail in every way there is, and says whether anyone but their own callers noticed. */
import { parseArgs } from "node:util";
import { createProgress } from "../../measure/progress.ts";
import { figure } from "../../measure/table.ts";
import { writeFigures } from "../document.ts";
import { printRules, runRules } from "../rule.ts";
import { faultTable, latencyOf, rulesOf, wrongWords } from "./report.ts";
import { type Plan, phases, runChaos } from "./run.ts";
import { createStage } from "./stage.ts";

const usage = `usage: npm run chaos -- [--quick] [--write]

  --quick   a minute instead of five
  --write   puts the figures into docs/RELIABILITY.md`;

const quick: Plan = { perSecond: 150, seconds: { "first faults": 8, before: 8, faults: 24, after: 12 } };
const full: Plan = { perSecond: 150, seconds: { "first faults": 20, before: 40, faults: 150, after: 40 } };

async function main(args: readonly string[]): Promise<boolean> {
  const options = { quick: { type: "boolean", default: false }, write: { type: "boolean", default: false } } as const;
  const { values } = parseArgs({ args: [...args], options });
  const plan = values.quick ? quick : full;
  const progress = createProgress();
  const stage = await createStage();
  let observed: Awaited<ReturnType<typeof runChaos>>;
  try {
    observed = await runChaos(stage, plan, progress);
  } finally {
    await stage.stop();
  }
  const latency = phases
    .map((phase) => {
      const { p50, p99 } = latencyOf(observed.calls, phase);
      return `${phase} ${figure(p50)} and ${figure(p99)} ms`;
    })
    .join("; ");
  const rules = rulesOf(observed, stage.complaints);
  const found = [
    faultTable(observed),
    `Healthy models, median and 99th percentile: ${latency}. The process of one model was killed ${observed.kills} times.`,
    `Callers, service and models together were ready to run and got no core for ${figure(observed.waitShare * 100)} % of the time.`,
  ].join("\n\n");
  console.log(`\n${found}\n`);
  for (const words of wrongWords(observed).slice(0, 40)) console.log(words);
  for (const complaint of stage.complaints.slice(0, 10)) console.log(complaint);
  if (values.write) writeFigures("chaos", `npm run chaos${values.quick ? " -- --quick" : ""}`, found, rules);
  return printRules(rules);
}

await runRules("chaos", usage, main);
