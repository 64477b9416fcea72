/** Starts the service over and over, and asks it for its models from the moment at which it listens. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createProgress } from "../../measure/progress.ts";
import { startServiceProcess } from "../../measure/service-process.ts";
import { writeFigures } from "../document.ts";
import { printRules, runRules } from "../rule.ts";
import { type FirstAnswers, firstAnswers } from "./first-answers.ts";

const usage = `usage: npm run starts -- [--times N] [--write]

  --times N   how often the service is started. Default: 1000
  --write     puts the figures into docs/RELIABILITY.md`;

/** So many that reading them takes longer than to begin to listen. */
const modelCount = 1000;
/** So many start at once that they hold each other up. */
const sideBySide = 3;
const startTimeoutMs = 60_000;

async function main(args: readonly string[]): Promise<boolean> {
  const options = { times: { type: "string", default: "1000" }, write: { type: "boolean", default: false } } as const;
  const { values } = parseArgs({ args: [...args], options });
  const times = Number(values.times);
  if (!Number.isInteger(times) || times < 1) throw new Error("--times: expected a whole number from 1");
  const names = Array.from({ length: modelCount }, (_, i) => `model-${String(i).padStart(4, "0")}`);
  const folder = mkdtempSync(join(tmpdir(), "starts-"));
  const file = join(folder, "models.yaml");
  // Nothing listens on port 1: no model is asked whether it is ready.
  const entries = names.map((name) => ({ name, type: "anomaly", service: name, url: "http://127.0.0.1:1" }));
  writeFileSync(file, JSON.stringify({ models: entries }));
  const env = {
    ...{ HOST: "127.0.0.1", PORT: "0", SHUTDOWN_DELAY: "0s", SHUTDOWN_GRACE: "1s", KSERVE_MODELS_FILE: file },
    NODE_COMPILE_CACHE: join(folder, "compiled"),
  };
  const progress = createProgress();
  const found: FirstAnswers[] = [];
  let begun = 0;
  const startInTurn = async (): Promise<void> => {
    while (begun++ < times) {
      const service = await startServiceProcess(env, { startTimeoutMs, program: "dist/kserve-model-registry.js" });
      try {
        found.push(await firstAnswers(service.url, names));
      } finally {
        await service.stop();
      }
      for (const problem of found.at(-1)!.wrong) progress(problem);
      if (found.length % 50 === 0) progress(`${found.length} of ${times} starts`);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(sideBySide, times) }, startInTurn));
  } finally {
    rmSync(folder, { recursive: true });
  }
  const wrong = found.flatMap((one) => one.wrong);
  const early = found.reduce((sum, one) => sum + one.early, 0);
  const rules = [
    {
      rule: "until its models are loaded a service asks to try again, and then has all of them",
      measured: `${wrong.length} wrong answers, ${early} that came early, over ${found.length} starts`,
      met: wrong.length === 0,
    },
  ];
  if (values.write) writeFigures("starts", `npm run starts -- --times ${times}`, "", rules);
  return printRules(rules);
}

await runRules("starts", usage, main);
