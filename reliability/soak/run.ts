import { watchCoreWait } from "../../measure/core-wait.ts";
import { random } from "../../measure/random.ts";
import type { Stage } from "../chaos/stage.ts";
import { type Caller, createCaller } from "../load/caller.ts";
import { runOpenLoop } from "../load/open-loop.ts";
import { loadWays } from "../load/way.ts";
import { type Vitals, vitalsOf } from "../process/vitals.ts";
import { type Kind, kinds } from "./kinds.ts";

/** What came of the calls of one kind. */
export interface KindScore {
  calls: number;
  late: number;
  /** What was wrong, in words. */
  readonly problems: string[];
  slowestMs: number;
}

/** Everything that a run has seen. */
export interface Soaked {
  readonly scores: ReadonlyMap<Kind, KindScore>;
  /** What the service held, second by second. */
  readonly samples: readonly Vitals[];
  /** What lived on after a collection of garbage, at the end of the first quarter and at the end. */
  readonly liveBefore: number;
  readonly liveAfter: number;
}

/** How much later than its deadline an answer may come in, without the time in which the machine had no core for it. */
export const lateAfterMs = 100;
/** Clients come and go with their connections. */
const callersLiveSeconds = 20;
/** By then the last call of a client that goes has ended. */
const callersCloseMs = 10_000;

/** Calls at a fixed rate, and looks every second at what the service holds. */
export async function soak(
  stage: Stage,
  { perSecond, seconds }: { readonly perSecond: number; readonly seconds: number },
  progress: (text: string) => void,
): Promise<Soaked> {
  const { pid, port, url } = stage.service;
  const scores = new Map<Kind, KindScore>(
    kinds.map((kind) => [kind, { calls: 0, late: 0, problems: [], slowestMs: 0 }]),
  );
  const coreWait = watchCoreWait([process.pid, pid, stage.modelServerPid]);
  const samples: Vitals[] = [];
  const next = random(1);
  const deck = kinds.flatMap((kind) => Array<Kind>(kind.share).fill(kind));
  const createCallers = (): Caller[] => loadWays.map((way) => createCaller(way, port));
  let callers = createCallers();
  // The debugger has handles of its own, from the first time on.
  let liveBefore = await stage.service.liveBytes();

  const start = async (number: number): Promise<void> => {
    const kind = deck[Math.floor(next() * deck.length)]!;
    const score = scores.get(kind)!;
    const began = performance.now();
    const { deadlineMs, problem } = await kind.run({ number, url, callers, next });
    const ended = performance.now();
    const waitedMs = coreWait.between(began, ended);
    const words = problem(waitedMs > deadlineMs / 4);
    score.calls++;
    if (words !== undefined) score.problems.push(words);
    if (ended - began > deadlineMs + waitedMs + lateAfterMs) score.late++;
    score.slowestMs = Math.max(score.slowestMs, ended - began);
  };
  const onSecond = (second: number): void => {
    samples.push(vitalsOf(pid));
    if (second === Math.floor(seconds / 4)) {
      void stage.service.liveBytes().then((bytes) => {
        liveBefore = bytes;
      });
    }
    if (second % callersLiveSeconds === 0) {
      const before = callers;
      callers = createCallers();
      setTimeout(() => {
        for (const caller of before) caller.close();
      }, callersCloseMs);
    }
    if (second % 30 === 0) progress(`${second} of ${seconds} s; ${describe([...scores.values()], samples.at(-1)!)}`);
  };
  await runOpenLoop({ perSecond, seconds, start, onSecond });
  for (const caller of callers) caller.close();
  coreWait.stop();
  return { scores, samples, liveBefore, liveAfter: await stage.service.liveBytes() };
}

function describe(scores: readonly KindScore[], { residentBytes, handles }: Vitals): string {
  const sum = (of: (score: KindScore) => number): string =>
    scores.reduce((total, score) => total + of(score), 0).toLocaleString("en");
  const calls = `${sum((one) => one.calls)} calls, ${sum((one) => one.problems.length)} wrong, ${sum((one) => one.late)} late`;
  return `${calls}; ${Math.round(residentBytes / 1024 ** 2)} MiB, ${handles} handles`;
}
