import { durationFromMs, durationMs } from "@bufbuild/protobuf/wkt";
import { ExaminationStep, StepOutcome } from "../../../gen/kserve/registry/v1/examination_pb.ts";
import { ModelSource } from "../../../gen/kserve/registry/v1/model_pb.ts";
import type { ExamineModelResponse } from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { type Step, type StepName, stepNames } from "../../doctor/examination.ts";
import { wordOf } from "../output/words.ts";
import { allPages, type RegistryClient } from "./client.ts";

/** What came of one model, as it is printed. */
export interface ExaminedModel {
  readonly name: string;
  readonly namespace: string;
  readonly url: string;
  readonly source: string;
  readonly location: string;
  readonly healthy: boolean;
  readonly steps: readonly Step[];
}

/** Which models to try; what is left out matches all. */
export interface AskedModels {
  readonly name: string | undefined;
  readonly namespace: string | undefined;
}

/** One model, as the requests of the contract name it. */
type Ref = Pick<ExaminedModel, "name" | "namespace">;

/** A server takes no longer one, in milliseconds. */
const longestStepMs = 30_000;

/**
 * Has a running server go the way of a prediction to its models, step by step, from where it is.
 *
 * @param asked without a name: all that the caller may see
 * @throws ConnectError where the server does not answer
 */
export async function* examineThroughServer(
  client: RegistryClient,
  { name, namespace = "" }: AskedModels,
  timeoutMs: number,
): AsyncGenerator<ExaminedModel> {
  const refs: readonly Ref[] =
    name === undefined ? await allPages(client.listModels, "models", { namespace }) : [{ name, namespace }];
  for (const each of refs) yield await examine(client, each, timeoutMs);
}

async function examine(client: RegistryClient, { name, namespace }: Ref, timeoutMs: number): Promise<ExaminedModel> {
  const { model, address, entries } = await client.getModel({ name, namespace }, { timeoutMs });
  const steps: Step[] = [];
  const stepMs = Math.min(timeoutMs, longestStepMs);
  const request = { name, namespace, stepTimeout: durationFromMs(stepMs) };
  const options = { timeoutMs: stepMs * stepNames.length };
  for await (const step of client.examineModel(request, options)) steps.push(stepFromMessage(step));
  const [entry] = entries;
  return {
    name,
    namespace: model?.namespace ?? namespace,
    url: address?.url ?? "",
    source: wordOf(ModelSource, entry?.source ?? ModelSource.UNSPECIFIED),
    location: entry?.location ?? "",
    healthy: steps.every(({ outcome }) => outcome !== "failed"),
    steps,
  };
}

function stepFromMessage({ step, outcome, duration, detail, hint }: ExamineModelResponse): Step {
  return {
    name: wordOf(ExaminationStep, step) as StepName,
    outcome: wordOf(StepOutcome, outcome) as Step["outcome"],
    ms: duration === undefined ? 0 : Math.round(durationMs(duration) * 10) / 10,
    detail,
    ...(hint === "" ? {} : { hint }),
  };
}
