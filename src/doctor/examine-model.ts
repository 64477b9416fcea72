import type { Pipeline } from "../predict/pipeline.ts";
import type { RegisteredModel } from "../registry/model.ts";
import type { Registry } from "../registry/registry.ts";
import type { Inspector } from "../upstream/inspector.ts";
import { type Examination, Finding, NothingToTry, type Step, type StepName, stepNames } from "./examination.ts";
import { examineConnection, examineName, examineTls } from "./examine-network.ts";
import { examinePrediction } from "./examine-prediction.ts";
import { examinePath, examineReadiness } from "./examine-server.ts";

/** What an examination works with. */
export interface Instruments {
  readonly registry: Registry;
  readonly inspector: Inspector;
  readonly pipeline: Pipeline;
  /** How long each step may take. */
  readonly timeoutMs: number;
}

/** What is known of a model so far, from one step to the next. */
export interface Patient extends Instruments {
  readonly model: RegisteredModel;
  readonly url: URL;
  readonly port: number;
  /** The addresses of its host, once they are known. */
  addresses: readonly string[];
  /** Whether the server knows the model by its path, once it has answered. */
  pathKnown: boolean;
}

/** Tries a step. Returns what was found. @throws Finding, NothingToTry */
type Try = (patient: Patient) => Promise<string>;

const tries: Readonly<Record<StepName, Try>> = {
  dns: examineName,
  connect: examineConnection,
  tls: examineTls,
  ready: examineReadiness,
  path: examinePath,
  predict: examinePrediction,
};

/** Goes the way of a prediction step by step, from the name of the host to a prediction. Never throws. */
export async function examineModel(model: RegisteredModel, instruments: Instruments): Promise<Examination> {
  const url = new URL(model.address.url);
  const port = Number(url.port || (url.protocol === "https:" ? 443 : 80));
  const patient: Patient = { ...instruments, model, url, port, addresses: [], pathKnown: false };
  const steps: Step[] = [];
  let failed: StepName | undefined;
  for (const name of stepNames) {
    const step = failed === undefined ? await run(name, patient) : skipped(name, `not tried, for ${failed} failed`);
    if (step.outcome === "failed") failed ??= name;
    steps.push(step);
  }
  return { model, healthy: failed === undefined, steps };
}

async function run(name: StepName, patient: Patient): Promise<Step> {
  const startMs = performance.now();
  const took = (): number => Math.round((performance.now() - startMs) * 10) / 10;
  try {
    const detail = await tries[name](patient);
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
