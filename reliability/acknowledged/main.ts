/** Kills the server while versions are registered, and says whether anything that was acknowledged is lost or torn. */
import { parseArgs } from "node:util";
import { createProgress } from "../../measure/progress.ts";
import { table } from "../../measure/table.ts";
import { writeFigures } from "../document.ts";
import { printRules, type Rule, runRules } from "../rule.ts";
import { type DatabaseName, databases, type Found, type Plan, runAcknowledged } from "./run.ts";

const usage = `usage: npm run acknowledged -- [--only NAME] [--quick] [--write]

  --only NAME   one database: ${Object.keys(databases).join(", ")}
  --quick       1,000 registrations and 2 kills instead of 10,000 and 10
  --write       puts the figures into docs/RELIABILITY.md`;

const count = (number: number): string => number.toLocaleString("en");

/** What must hold, whatever the database. */
function rulesOf(found: readonly Found[]): Rule[] {
  const all = (of: (one: Found) => readonly string[]): readonly string[] => found.flatMap(of);
  const rule = (text: string, wrong: readonly string[]): Rule => ({
    rule: text,
    measured: wrong.length === 0 ? "0 that are not" : `${wrong.length}: ${wrong.slice(0, 5).join("; ")}`,
    met: wrong.length === 0,
  });
  const acknowledged = found.reduce((sum, one) => sum + one.acknowledged, 0);
  return [
    {
      ...rule(
        "what was acknowledged is there",
        all(({ lost }) => lost),
      ),
      measured: `${count(acknowledged - all(({ lost }) => lost).length)} of ${count(acknowledged)}`,
    },
    rule(
      "a model is there with its version and all its artifacts, or not at all",
      all(({ torn }) => torn),
    ),
    rule(
      "records, references and what filters see fit together",
      all(({ findings }) => findings),
    ),
  ];
}

async function main(args: readonly string[]): Promise<boolean> {
  const flag = { type: "boolean", default: false } as const;
  const options = { quick: flag, write: flag, only: { type: "string" } } as const;
  const { values } = parseArgs({ args: [...args], options });
  const names = (Object.keys(databases) as DatabaseName[]).filter((one) => (values.only ?? one) === one);
  if (names.length === 0) throw new Error(`--only: expected one of ${Object.keys(databases).join(", ")}`);
  const plan: Plan = values.quick ? { writes: 1000, kills: 2 } : { writes: 10_000, kills: 10 };
  const progress = createProgress();
  const found: Found[] = [];
  for (const name of names) {
    progress(name);
    found.push(await runAcknowledged(name, plan, progress));
  }
  const figures = table(
    ["database", "registrations", "kills", "acknowledged", "not answered", "of these there, as a whole"],
    found.map((one, i) => [
      names[i]!,
      count(plan.writes),
      count(one.kills),
      count(one.acknowledged),
      count(one.unanswered),
      count(one.late),
    ]),
    [1, 2, 3, 4, 5],
  );
  console.log(`\n${figures}\n`);
  const rules = rulesOf(found);
  const command = [
    "npm run acknowledged",
    ...(args.length > 1 ? ["--", ...args.filter((arg) => arg !== "--write")] : []),
  ];
  if (values.write) writeFigures("acknowledged", command.join(" "), figures, rules);
  return printRules(rules);
}

await runRules("acknowledged", usage, main);
