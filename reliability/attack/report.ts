import { table } from "../../measure/table.ts";
import type { Rule } from "../rule.ts";
import { type Bounds, problemsOf, type Result } from "./attack.ts";
import { held } from "./held.ts";

const MiB = 1024 ** 2;

/** What came of each attack, and where those stand that are tests. */
export function tablesOf(results: readonly Result[]): string {
  const rows = results.map(({ attack, answer, stallMs, keptBytes, peakBytes, others }) => [
    attack.title,
    answer.slice(0, 60).replaceAll("|", "\\|"),
    stallMs.toFixed(0),
    (keptBytes / MiB).toFixed(0),
    (peakBytes / MiB).toFixed(0),
    others.usualP99Ms.toFixed(1),
    others.ended === 0 ? "none ended" : others.p99Ms.toFixed(1),
  ]);
  const attacked = table(
    ["attack", "came to", "stall, ms", "left, MiB", "peak, MiB", "usual p99 of others, ms", "p99 of others, ms"],
    rows,
    [2, 3, 4, 5, 6],
  );
  const tests = table(
    ["as tests", "in"],
    held.map(([what, files]) => [what, files.map((file) => `\`${file}\``).join(", ")]),
  );
  return `${attacked}\n\n${tests}`;
}

/** What has to hold of all attacks together. */
export function rulesOf(results: readonly Result[], bounds: Bounds): Rule[] {
  const rise = (values: readonly number[]): number => Math.max(0, ...values);
  const bad = results.filter((result) => !result.attack.right.test(result.answer));
  const stall = rise(results.map(({ stallMs }) => stallMs));
  const kept = rise(results.map(({ keptBytes }) => keptBytes));
  const peak = rise(results.map(({ peakBytes }) => peakBytes));
  const failed = results.reduce((sum, { others }) => sum + others.failed, 0);
  const slowdown = rise(results.map(({ others }) => others.p99Ms / others.usualP99Ms || 0));
  return [
    rule("the process lives", `${results.filter(({ lives }) => !lives).length} of ${results.length} ended it`, () =>
      results.every(({ lives }) => lives),
    ),
    rule("every attack gets what is right", `${bad.length} that did not`, () => bad.length === 0),
    rule(
      `resident memory is back within ${bounds.keptBytes / MiB} MiB`,
      `${Math.round(kept / MiB)} MiB at most`,
      () => kept <= bounds.keptBytes,
    ),
    rule(
      `resident memory stays within ${bounds.peakBytes / MiB} MiB`,
      `${Math.round(peak / MiB)} MiB at most`,
      () => peak <= bounds.peakBytes,
    ),
    rule(
      `nothing holds the event loop up for more than ${bounds.stallMs} ms`,
      `${Math.round(stall)} ms at most`,
      () => stall <= bounds.stallMs,
    ),
    rule("no call of others fails", `${failed} that did`, () => failed === 0),
    ...(bounds.slowdown === undefined
      ? []
      : [
          rule(
            `others wait at most ${bounds.slowdown} times as long, at the 99th percentile`,
            `${slowdown.toFixed(1)} times at most`,
            () => slowdown <= bounds.slowdown!,
          ),
        ]),
    rule(
      "no attack breaks any of these rules",
      `${results.filter((one) => problemsOf(one, bounds).length > 0).length} that do`,
      () => results.every((one) => problemsOf(one, bounds).length === 0),
    ),
  ];
}

function rule(words: string, measured: string, met: () => boolean): Rule {
  return { rule: words, measured, met: met() };
}
