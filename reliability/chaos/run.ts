import { setTimeout as sleep } from "node:timers/promises";
import { type CoreWait, watchCoreWait } from "../../measure/core-wait.ts";
import { random } from "../../measure/random.ts";
import { type Caller, createCaller, type PredictionResult } from "../load/caller.ts";
import { runOpenLoop } from "../load/open-loop.ts";
import { loadWays } from "../load/way.ts";
import type { FaultName } from "../model-server/faults.ts";
import { wrongEnd } from "./expected.ts";
import { faultNames, healthyModels, modelTimeoutMs, type Rest, type Stage } from "./stage.ts";

/**
 * The parts of a run: all faults for a short time, so that the service has met each of them when its memory is first
 * looked at; none; all of them at once; and none again.
 */
export const phases = ["first faults", "before", "faults", "after"] as const;
export type Phase = (typeof phases)[number];

/** How long each part takes, and how many calls are started in a second. */
export interface Plan {
  readonly perSecond: number;
  readonly seconds: Readonly<Record<Phase, number>>;
}

/** One call and what became of it. */
export interface CallRecord {
  readonly phase: Phase;
  readonly model: string;
  /** The fault of the model; undefined for a healthy one. */
  readonly fault: FaultName | undefined;
  readonly way: string;
  readonly id: string;
  readonly result: PredictionResult;
  readonly deadlineMs: number;
  /** How long the processes that took part were ready to run and got no core meanwhile. */
  readonly waitedMs: number;
  /** What is wrong with how it ended. */
  readonly wrong: string | undefined;
}

/** Everything that a run has seen. */
export interface Observed {
  readonly calls: readonly CallRecord[];
  readonly executions: ReadonlyMap<string, number>;
  /** What the service held before the faults, and after them. */
  readonly before: Rest;
  readonly after: Rest;
  readonly kills: number;
  /** How much of the time the processes that took part were ready to run and got no core, from 0. */
  readonly waitShare: number;
}

/** Half of the calls go to healthy models, the others to each fault in turn. */
export async function runChaos(stage: Stage, plan: Plan, progress: (text: string) => void): Promise<Observed> {
  const calls: CallRecord[] = [];
  const dice = random(1);
  const coreWait = watchCoreWait([process.pid, stage.service.pid, stage.modelServerPid]);
  const begun = performance.now();
  let count = 0;

  const run = async (phase: Phase): Promise<void> => {
    const callers = loadWays.map((way) => createCaller(way, stage.service.port));
    const seconds = plan.seconds[phase];
    const begun = performance.now();
    const start = async (): Promise<void> => {
      const number = count++;
      // A model that has failed needs some time to be trusted again; by the last third it has had it.
      const recovering = (performance.now() - begun) / 1000 < (seconds * 2) / 3;
      calls.push(await callOnce({ phase, number, callers, dice, coreWait, recovering }));
    };
    const onSecond = (second: number): void => {
      if (second % 5 !== 0) return;
      const wrong = calls.filter((call) => call.wrong !== undefined).length;
      progress(`${phase}: ${second} of ${seconds} s; ${calls.length.toLocaleString("en")} calls, ${wrong} wrong`);
    };
    await runOpenLoop({ perSecond: plan.perSecond, seconds, start, onSecond });
    for (const caller of callers) caller.close();
  };

  const runWithFaults = async (phase: Phase): Promise<number> => {
    progress("all faults begin");
    await stage.setFaulty(true);
    const over = new AbortController();
    const killing = stage.killed.killInTurn(over.signal);
    await run(phase);
    over.abort();
    const kills = await killing;
    await stage.setFaulty(false);
    progress("all faults end");
    return kills;
  };

  await runWithFaults("first faults");
  await run("before");
  await sleep(500);
  const before = await stage.rest(idleSockets);
  const kills = await runWithFaults("faults");
  await run("after");
  await sleep(500);
  const after = await stage.rest(before.sockets);
  coreWait.stop();
  const ended = performance.now();
  const waitShare = coreWait.between(begun, ended) / (ended - begun);
  return { waitShare, calls, executions: stage.executions(), before, after, kills };
}

/** The port that is listened on, what Node itself has open, and the connection that asks for metrics. */
const idleSockets = 6;

interface CallPlan {
  readonly phase: Phase;
  readonly number: number;
  readonly callers: readonly Caller[];
  readonly dice: () => number;
  readonly coreWait: CoreWait;
  readonly recovering: boolean;
}

async function callOnce({ phase, number, callers, dice, coreWait, recovering }: CallPlan): Promise<CallRecord> {
  const turn = number >> 1;
  const fault = number % 2 === 0 ? undefined : faultNames[turn % faultNames.length]!;
  const model = fault ?? healthyModels[turn % healthyModels.length]!;
  // Not in step with the models, so that each of them is called in every way.
  const caller = callers[Math.floor(dice() * callers.length)]!;
  const deadlineMs = caller.way.protocol === "rest" ? modelTimeoutMs : 400 + Math.floor(dice() * 500);
  const isFaulty = phase === "faults" || phase === "first faults";
  const leaves = isFaulty && fault === "hang-up";
  const id = `chaos-${number}`;
  const call = { model, id, number, deadlineMs, ...(leaves ? { leaveAfterMs: 50 + Math.floor(dice() * 200) } : {}) };
  const started = performance.now();
  const result = await caller.call(call);
  const waitedMs = coreWait.between(started, performance.now());
  const timeIsUp = waitedMs > deadlineMs / 4;
  const wrong = wrongEnd({
    fault: isFaulty ? fault : undefined,
    number,
    result,
    timeIsUp,
    recovering: fault !== undefined && recovering,
  });
  return { phase, model, fault, way: caller.way.name, id, result, deadlineMs, waitedMs, wrong };
}
