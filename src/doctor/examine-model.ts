import { portOf } from "../base/url-address.ts";
import type { RegisteredModel } from "../registry/model.ts";
import {
  type Examination,
  type ExaminedModel,
  Finding,
  type Instruments,
  NothingToTry,
  type Step,
  type StepName,
  waySteps,
} from "./examination.ts";
import { examineConnection, examineName, examineTls } from "./examine-network.ts";
import { examinePrediction } from "./examine-prediction.ts";
import { examinePath, examineReadiness } from "./examine-server.ts";
import { examineVersion } from "./examine-version.ts";

/** Tries a step. Returns what was found. @throws Finding, NothingToTry */
type Try = (examined: ExaminedModel) => Promise<string>;

const tries: Readonly<Record<StepName, Try>> = {
  dns: examineName,
  connect: examineConnection,
  tls: examineTls,
  ready: examineReadiness,
  path: examinePath,
  predict: examinePrediction,
  version: async ({ model }) => examineVersion(model),
};

/** Follows a prediction through all of its steps. Never throws. */
export async function examineModel(model: RegisteredModel, instruments: Instruments): Promise<Examination> {
  const steps: Step[] = [];
  for await (const step of examineSteps(model, instruments)) steps.push(step);
  return { model, healthy: steps.every(({ outcome }) => outcome !== "failed"), steps };
}

/**
 * Follows a prediction step by step, from the host name to the answer, and yields each step when it ends. Never throws.
 */
export async function* examineSteps(model: RegisteredModel, instruments: Instruments): AsyncGenerator<Step> {
  const url = new URL(model.address.url);
  const port = portOf(url);
  const examined: ExaminedModel = { ...instruments, model, url, port, addresses: [], pathKnown: false };
  let failed: StepName | undefined;
  for (const name of waySteps) {
    const step =
      failed === undefined ? await run(name, examined) : skipped(name, `not tried, because ${failed} failed`);
    if (step.outcome === "failed") failed ??= name;
    yield step;
  }
  if (model.link !== undefined) yield await run("version", examined);
}

async function run(name: StepName, examined: ExaminedModel): Promise<Step> {
  const startMs = performance.now();
  const took = (): number => Math.round((performance.now() - startMs) * 10) / 10;
  try {
    const detail = await tries[name](examined);
    return { name, outcome: "ok", ms: took(), detail };
  } catch (error) {
    if (error instanceof NothingToTry) return skipped(name, error.message);
    const hint = error instanceof Finding ? error.hint : "";
    return { name, outcome: "failed", ms: took(), detail: (error as Error).message, ...(hint === "" ? {} : { hint }) };
  }
}

function skipped(name: StepName, detail: string): Step {
  return { name, outcome: "skipped", ms: 0, detail };
}
