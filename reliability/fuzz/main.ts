/** Sends malformed and hostile inputs to the service, by the ten thousand, and says what it should not have done. */

import { createProgress } from "../../measure/progress.ts";
import { writeFigures } from "../document.ts";
import { printRules, runRules } from "../rule.ts";
import { http1Bytes } from "./input.ts";
import { problemOf } from "./judge.ts";
import { readOptions, usage } from "./options.ts";
import { rulesOf, surfaceTable } from "./report.ts";
import { type Finding, fuzz, inputOf, warmUp } from "./run.ts";
import { startTarget } from "./target.ts";
import { createTransmitter } from "./transmit.ts";

async function main(args: readonly string[]): Promise<boolean> {
  const options = readOptions(args);
  const progress = createProgress();
  const target = await startTarget();
  try {
    if (options.only !== undefined) return await show(options.seed, options.only, target);
    progress(`the service answers on port ${target.service.port}; good requests first`);
    await warmUp(target);
    await target.expectGoodAnswers();
    progress(`seed ${options.seed}`);
    const outcome = await fuzz(target, options, progress);
    console.log(`\n${surfaceTable(outcome)}\n`);
    const rules = rulesOf(outcome);
    const holds = printRules(rules);
    for (const [text, findings] of grouped(outcome.findings)) {
      const indexes = findings.flatMap(({ index }) => index ?? []).slice(0, 5);
      console.log(`\n${findings.length} × ${text}`);
      for (const index of indexes) console.log(`  npm run fuzz -- --seed ${options.seed} --only ${index}`);
    }
    if (options.write) {
      const command = `npm run fuzz -- --seed ${options.seed} --count ${options.count}`;
      writeFigures("fuzz", command, surfaceTable(outcome), rules);
    }
    return holds;
  } finally {
    await target.stop();
  }
}

function grouped(findings: readonly Finding[]): Map<string, Finding[]> {
  return Map.groupBy(
    findings,
    ({ surface, problem }) => `${surface}: ${problem.replaceAll(/\d{4,}/g, "N").slice(0, 300)}`,
  );
}

/** Sends one input and shows all of it. */
async function show(seed: number, index: number, target: Awaited<ReturnType<typeof startTarget>>): Promise<boolean> {
  const { surface, input } = inputOf(seed, index);
  const bytes = input.kind === "raw" ? Buffer.concat(input.chunks) : http1Bytes(input);
  console.log(`${surface.name}, ${input.kind === "raw" ? input.end : `HTTP/${input.version}`}, ${bytes.length} bytes:`);
  console.log(JSON.stringify(bytes.toString("latin1").slice(0, 3000)));
  const transmitter = createTransmitter(target.service.port);
  const reply = await transmitter.send(input);
  transmitter.close();
  console.log({ ...reply, text: reply.text.slice(0, 2000) });
  await target.expectGoodAnswers();
  const faults = target.takeFaults();
  const problem = problemOf(input, reply);
  console.log(problem ?? "nothing is wrong with the reply", faults);
  return problem === undefined && faults.length === 0;
}

await runRules("fuzz", usage, main);
