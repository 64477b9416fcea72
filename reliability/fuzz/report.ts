import { table } from "../../measure/table.ts";
import type { Rule } from "../rule.ts";
import { mebibytes, type Outcome } from "./run.ts";
import { surfaces } from "./surfaces.ts";

const maxGrowthBytes = 64 * 1024 ** 2;

/** What every run must hold to. The resident memory counts too: what leaks outside of the heap does not live in it. */
export function rulesOf({ sent, findings, before, after, peakBytes }: Outcome): Rule[] {
  const growth = Math.max(after.liveBytes - before.liveBytes, after.residentBytes - before.residentBytes);
  return [
    {
      rule: "no crash, no unhandled rejection, no 5xx for a caller's mistake, good requests answered throughout",
      measured: `${findings.length} findings in ${sent.toLocaleString("en")} inputs`,
      met: findings.length === 0,
    },
    {
      rule: "memory at the end within 64 MiB of the start, garbage collected",
      measured: `${mebibytes(before.liveBytes)} MiB live and ${mebibytes(before.residentBytes)} MiB resident, then ${mebibytes(after.liveBytes)} MiB and ${mebibytes(after.residentBytes)} MiB; at most ${mebibytes(peakBytes)} MiB resident`,
      met: growth <= maxGrowthBytes,
    },
    {
      rule: "every connection is let go of",
      measured: `${before.sockets} sockets, then ${after.sockets}`,
      met: after.sockets <= before.sockets,
    },
  ];
}

/** What was sent, and how it ended. */
export function surfaceTable({ tallies }: Outcome): string {
  const found = surfaces.flatMap((surface) => {
    const tally = tallies.get(surface);
    return tally === undefined ? [] : [[surface, tally] as const];
  });
  const rows = found.map(([{ title }, { answered, closed, silent, unsent }]) => [
    title,
    ...[answered + closed + silent + unsent, answered, closed, silent].map((one) => one.toLocaleString("en")),
  ]);
  return table(["surface", "inputs", "answered", "closed without an answer", "left waiting"], rows, [1, 2, 3, 4]);
}
