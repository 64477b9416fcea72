import { ConnectError } from "@connectrpc/connect";
import { PredictFailureSchema } from "../../../gen/kserve/registry/v1/error_reason_pb.ts";
import {
  ModelSource,
  ModelState,
  type VersionLink,
  VersionLinkState,
} from "../../../gen/kserve/registry/v1/model_pb.ts";
import type { GetModelResponse } from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import type { Finding, Step, StepName } from "../../doctor/examination.ts";
import { judgeLink } from "../../doctor/examine-version.ts";
import type { LinkState } from "../../registry/model.ts";
import { versionWords } from "../output/version-words.ts";
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

/**
 * Has a running server try its models: what it says of their readiness, and what an example of the declared features gets
 * by way of it.
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
    name === undefined
      ? await allPages(async (page) => {
          const { models, nextPageToken } = await client.listModels({ ...page, namespace }, { timeoutMs });
          return { items: models, nextPageToken };
        })
      : [{ name, namespace }];
  for (const each of refs) yield await examine(client, each, timeoutMs);
}

async function examine(client: RegistryClient, { name, namespace }: Ref, timeoutMs: number): Promise<ExaminedModel> {
  const startMs = performance.now();
  const detail = await client.getModel({ name, namespace }, { timeoutMs });
  const ready = readyStep(detail, elapsed(startMs));
  const predicted =
    ready.outcome === "failed"
      ? skipped("predict", "not tried, for ready failed")
      : await predictStep(client, { name, namespace }, detail.exampleRequest, timeoutMs);
  const [entry] = detail.entries;
  const link = detail.model?.versionLink;
  const steps = [ready, predicted, ...(link === undefined ? [] : [versionStep(link)])];
  return {
    name,
    namespace: detail.model?.namespace ?? namespace,
    url: detail.address?.url ?? "",
    source: wordOf(ModelSource, entry?.source ?? ModelSource.UNSPECIFIED),
    location: entry?.location ?? "",
    healthy: steps.every(({ outcome }) => outcome !== "failed"),
    steps,
  };
}

function readyStep({ readiness }: GetModelResponse, ms: number): Step {
  const { state = ModelState.UNSPECIFIED, reason = "" } = readiness ?? {};
  const word = wordOf(ModelState, state);
  const detail = reason === "" ? word : `${word}: ${reason}`;
  if (state === ModelState.READY) return { name: "ready", outcome: "ok", ms, detail };
  if (state !== ModelState.NOT_READY && state !== ModelState.UNREACHABLE) return skipped("ready", detail);
  const hint =
    "Run doctor without --address where the server runs, with its environment: it tries each step of the way.";
  return { name: "ready", outcome: "failed", ms, detail, hint };
}

async function predictStep(client: RegistryClient, ref: Ref, example: string, timeoutMs: number): Promise<Step> {
  if (example === "") return skipped("predict", "the entry declares no inputFeatures to make an example of");
  const startMs = performance.now();
  try {
    const input = { case: "body" as const, value: Buffer.from(example) };
    const { output } = await client.predict({ name: ref.name, namespace: ref.namespace, input }, { timeoutMs });
    const answer = output.case === "body" ? Buffer.from(output.value).toString() : "";
    const detail = `${example} gives ${answer.slice(0, 200)}`;
    return { name: "predict", outcome: "ok", ms: elapsed(startMs), detail };
  } catch (error) {
    const failure = ConnectError.from(error);
    const hint = failure.findDetails(PredictFailureSchema)[0]?.hint ?? "";
    const detail = `${example}: ${failure.rawMessage}`;
    return { name: "predict", outcome: "failed", ms: elapsed(startMs), detail, ...(hint === "" ? {} : { hint }) };
  }
}

/** The server has looked it up. */
function versionStep(link: VersionLink): Step {
  const { reference, problem, differences } = link;
  const state = wordOf(VersionLinkState, link.state) as LinkState;
  try {
    const detail = judgeLink({ reference, state, problem, version: versionWords(link), differences });
    return { name: "version", outcome: "ok", ms: 0, detail };
  } catch (error) {
    const { message, hint } = error as Partial<Finding> & Error;
    return hint === undefined
      ? skipped("version", message)
      : { name: "version", outcome: "failed", ms: 0, detail: message, hint };
  }
}

function skipped(name: StepName, detail: string): Step {
  return { name, outcome: "skipped", ms: 0, detail };
}

function elapsed(startMs: number): number {
  return Math.round((performance.now() - startMs) * 10) / 10;
}
