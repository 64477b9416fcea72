import { quantile } from "../../measure/stats.ts";
import { figure, table } from "../../measure/table.ts";
import type { Rule } from "../../reliability/rule.ts";
import type { Vitals } from "./measured-service.ts";
import type { Found, Phase, Scale } from "./run.ts";

const limits = { servedMs: 1000, stallMs: 20, memoryMiB: 300, predictMs: 10, startMs: 5000 } as const;

const mib = (bytes: number): number => bytes / 1024 ** 2;
const count = (number: number): string => number.toLocaleString("en");
const percentiles = (list: readonly number[]): string =>
  `${figure(quantile(list, 0.5))}, ${figure(quantile(list, 0.99))}, ${figure(quantile(list, 1))} ms`;
const p99 = ({ predictMs }: Phase): number => quantile(predictMs, 0.99);

/** What must hold on any machine, however busy: nothing is lost, and memory has its bound. */
export function lastingRules({ accepted, lost, quiet, changing, peakBytes }: Found): Rule[] {
  const [failed, calls] = [quiet.failed + changing.failed, quiet.predictMs.length + changing.predictMs.length];
  return [
    {
      rule: "every change is served",
      measured: `${count(accepted - lost)} of ${count(accepted)}`,
      met: lost === 0 && accepted > 0,
    },
    {
      rule: "every prediction is answered",
      measured: `${count(calls)} of ${count(calls + failed)}`,
      met: failed === 0 && calls > 0,
    },
    {
      rule: `memory is at most ${limits.memoryMiB} MiB`,
      measured: `${figure(mib(peakBytes))} MiB at its peak`,
      met: mib(peakBytes) <= limits.memoryMiB,
    },
  ];
}

/** What must hold at full rate where the machine gives the processes their cores. */
export function timeRules({ models, perSecond, seconds }: Scale, found: Found): Rule[] {
  const { startMs, quiet, changing, servedMs, accepted } = found;
  const added = p99(changing) - p99(quiet);
  return [
    {
      rule: `${count(perSecond)} changes a second are made for ${seconds} s`,
      measured: `${count(accepted / seconds)} a second`,
      met: accepted >= perSecond * seconds * 0.99,
    },
    {
      rule: "a change is served within 1 s at the 99th percentile",
      measured: `${figure(quantile(servedMs, 0.99))} ms`,
      met: quantile(servedMs, 0.99) <= limits.servedMs,
    },
    {
      rule: `the event loop never stands still for more than ${limits.stallMs} ms under changes`,
      measured: `${figure(changing.longestStallMs)} ms at most`,
      met: changing.longestStallMs <= limits.stallMs,
    },
    {
      rule: `changes add at most ${limits.predictMs} ms to the 99th percentile of Predict`,
      measured: `${figure(p99(quiet))} ms before, ${figure(p99(changing))} ms under changes`,
      met: added <= limits.predictMs,
    },
    {
      rule: `a start with ${count(models)} models takes at most ${limits.startMs / 1000} s`,
      measured: `${figure(startMs / 1000)} s`,
      met: startMs <= limits.startMs,
    },
  ];
}

/** All figures, as tables of Markdown. */
export function figuresOf({ start, quiet, changing, servedMs, accepted, leftOut }: Found): string {
  const row = (name: string, vitals: Vitals, phase?: Phase): string[] => [
    name,
    phase === undefined ? "" : percentiles(phase.predictMs),
    `${figure(vitals.longestStallMs)} ms, ${vitals.turnsAbove20Ms}`,
    `${figure(vitals.longestTurnMs)} ms`,
    `${figure(mib(vitals.rss))} MiB`,
    `${figure(vitals.waitedMs / 1000)} s`,
  ];
  const head = [
    "",
    "Predict: median, 99th percentile, most",
    "longest stall, and how many above 20 ms",
    "most CPU time of a turn",
    "memory",
    "without a core",
  ];
  const rows = [row("start", start), row("predictions alone", quiet, quiet), row("under changes", changing, changing)];
  const perChange = changing.cpuMs - quiet.cpuMs - ((quiet.cpuMs - start.cpuMs) / quiet.seconds) * changing.seconds;
  return [
    table(head, rows, [1, 2, 3, 4, 5]),
    `A change is served after ${percentiles(servedMs)} (median, 99th percentile, most), and costs ${figure((perChange / accepted) * 1000)} µs of CPU time with one watcher; the start took ${figure(start.cpuMs / 1000)} s of CPU time. ${count(leftOut)} changes were left out, because the API server did not follow.`,
  ].join("\n\n");
}
