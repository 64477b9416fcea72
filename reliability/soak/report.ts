import { median } from "../../measure/stats.ts";
import { table } from "../../measure/table.ts";
import type { Vitals } from "../process/vitals.ts";
import type { Rule } from "../rule.ts";
import { lateAfterMs, type Soaked } from "./run.ts";

const MiB = 1024 ** 2;
const maxLiveGrowthBytes = 4 * MiB;
/** The collector of garbage takes and gives back memory in steps of this order. */
const maxResidentGrowthBytes = 32 * MiB;
/** In a shorter run the heap of a fresh process is still finding its size; what lives in it is looked at in any run. */
const residentRuleSeconds = 1200;
const maxHandleGrowth = 5;

/** The medians of the second quarter of a run and of its last quarter: by the second, everything has been met once. */
export function quarters(samples: readonly Vitals[], of: (vitals: Vitals) => number): readonly [number, number] {
  const quarter = Math.floor(samples.length / 4);
  const medianOf = (some: readonly Vitals[]): number => median(some.map(of));
  return [medianOf(samples.slice(quarter, 2 * quarter)), medianOf(samples.slice(-quarter))];
}

/** What a run must hold to. */
export function rulesOf({ scores, samples, liveBefore, liveAfter }: Soaked, complaints: readonly string[]): Rule[] {
  const all = [...scores.values()];
  const calls = all.reduce((sum, one) => sum + one.calls, 0);
  const problems = all.reduce((sum, one) => sum + one.problems.length, 0);
  const late = all.reduce((sum, one) => sum + one.late, 0);
  const [residentBefore, residentAfter] = quarters(samples, ({ residentBytes }) => residentBytes);
  const [handlesBefore, handlesAfter] = quarters(samples, ({ handles }) => handles);
  const mib = (bytes: number): string => `${(bytes / MiB).toFixed(1)} MiB`;
  return [
    {
      rule: "every call ends as it should",
      measured: `${problems} of ${calls.toLocaleString("en")} did not`,
      met: problems === 0,
    },
    {
      rule: `no answer is late, ${lateAfterMs} ms allowed for the way`,
      measured: `${late} were`,
      met: late === 0,
      timed: true,
    },
    {
      rule: `live memory grows by at most ${mib(maxLiveGrowthBytes)} from the first quarter to the end`,
      measured: `${mib(liveBefore)}, then ${mib(liveAfter)}`,
      met: liveAfter - liveBefore <= maxLiveGrowthBytes,
    },
    {
      rule: `resident memory grows by at most ${mib(maxResidentGrowthBytes)} from the second quarter to the last, medians; in runs of 20 minutes and more`,
      measured: `${mib(residentBefore)}, then ${mib(residentAfter)}`,
      met: samples.length < residentRuleSeconds || residentAfter - residentBefore <= maxResidentGrowthBytes,
    },
    {
      rule: `open handles grow by at most ${maxHandleGrowth}, medians of the same quarters`,
      measured: `${handlesBefore}, then ${handlesAfter}`,
      met: handlesAfter - handlesBefore <= maxHandleGrowth,
    },
    {
      rule: "the service finds no fault in itself",
      measured: `${complaints.length} found`,
      met: complaints.length === 0,
    },
  ];
}

/** What was called, and how it went. */
export function kindTable({ scores }: Soaked): string {
  const rows = [...scores].map(([{ title }, { calls, late, problems, slowestMs }]) => [
    title,
    calls.toLocaleString("en"),
    String(problems.length),
    String(late),
    Math.round(slowestMs).toLocaleString("en"),
  ]);
  return table(["calls", "number", "wrong", "late", "slowest, ms"], rows, [1, 2, 3, 4]);
}
