/**
 * Many ModelRegistrations, many changes of them a second, and what that costs the service. Everything runs on this
 * machine, the API server and the load too: the figures of the service are what they are beside all that.
 */
import { parseArgs } from "node:util";
import { createProgress } from "../../measure/progress.ts";
import { writeFigures } from "../../reliability/document.ts";
import { printRules, runRules } from "../../reliability/rule.ts";
import { figuresOf, lastingRules, timeRules } from "./report.ts";
import { runScale, type Scale } from "./run.ts";

const usage = `usage: npm run scale -- [--models N] [--rate N] [--seconds N] [--real] [--quick] [--write]

  --models N    how many ModelRegistrations there are. Default: 10000
  --rate N      how many of them change each second. Default: 1000
  --seconds N   how long. Default: 60
  --real        a real API server instead of a stand-in that costs nothing; it wants two cores of its own for 1,000 a second
  --quick       2,000 models, 200 changes a second for 10 s, and no rule about time
  --write       puts the figures into docs/KUBERNETES.md`;

const text = { type: "string" } as const;
const flag = { type: "boolean", default: false } as const;

async function main(args: readonly string[]): Promise<boolean> {
  const options = { models: text, rate: text, seconds: text, real: flag, quick: flag, write: flag };
  const { values } = parseArgs({ args: [...args], options });
  const { quick, real } = values;
  const scale: Scale = {
    models: wholeNumber("models", values.models, quick ? 2000 : 10_000),
    perSecond: wholeNumber("rate", values.rate, quick ? 200 : 1000),
    seconds: wholeNumber("seconds", values.seconds, quick ? 10 : 60),
    real,
  };
  const found = await runScale(scale, createProgress());
  const rules = [...lastingRules(found), ...(quick ? [] : timeRules(scale, found))];
  const figures = figuresOf(found);
  console.log(`\n${figures}\n`);
  if (values.write) {
    const command = ["npm run scale", ...(args.length > 1 ? ["--", ...args.filter((arg) => arg !== "--write")] : [])];
    writeFigures("scale", command.join(" "), figures, rules, "docs/KUBERNETES.md");
  }
  return printRules(rules);
}

function wholeNumber(name: string, value: string | undefined, ifLeftOut: number): number {
  const number = value === undefined ? ifLeftOut : Number(value);
  if (!Number.isInteger(number) || number < 1) throw new Error(`--${name}: expected a whole number from 1`);
  return number;
}

await runRules("scale", usage, main);
