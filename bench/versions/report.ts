import { figure, table } from "../../measure/table.ts";
import type { Found, Plan } from "./run.ts";

const limits = { floorTimes: 1.7, firstByteMs: 50, memoryMiB: 32, besideTimes: 1.5 } as const;

const verdict = (met: boolean): string => (met ? "met" : "**not met**");
const milliseconds = (value: number): string => value.toFixed(3);

/** The figures of one database as Markdown. */
export function reportOf({ version, costs, list, beside, growth }: Found, { models, manyModels }: Plan): string {
  const head = ["request", "CPU, ms", "at most", "", "bare handler, ms", "ratio", `at most ${limits.floorTimes} ×`];
  const rows = costs.map(({ name, ms, atMostMs, floorMs }) => [
    name,
    milliseconds(ms),
    String(atMostMs),
    verdict(ms <= atMostMs),
    ...(floorMs === undefined
      ? ["", "", ""]
      : [milliseconds(floorMs), `${(ms / floorMs).toFixed(2)} ×`, verdict(ms / floorMs <= limits.floorTimes)]),
  ]);
  const mib = list.memoryBytes / 1024 ** 2;
  const isInTime = list.firstByteMs <= limits.firstByteMs && mib <= limits.memoryMiB;
  const count = (number: number): string => number.toLocaleString("en");
  const sentences = [
    `All ${count(models)} in one list: first byte after ${figure(list.firstByteMs)} ms of ${limits.firstByteMs}, ` +
      `${figure(list.seconds)} s in all, ${figure(mib)} MiB more memory of ${limits.memoryMiB}: ${verdict(isInTime)}.`,
    besideSentence(beside),
    ...(growth.length === 0
      ? []
      : [
          `Among ${count(manyModels)} models against 1,000: ${growth
            .map(
              ({ name, times, atMost }) => `${name} ${times.toFixed(2)} × of ${atMost} (${verdict(times <= atMost)})`,
            )
            .join(", ")}.`,
        ]),
  ];
  return [`### ${version}`, table(head, rows, [1, 2, 4, 5]), ...sentences].join("\n\n");
}

/** How the registry of versions affects predictions. */
function besideSentence(beside: Found["beside"]): string {
  const [well, ...ill] = beside;
  const times = beside.map(
    ({ state, p50Ms, p99Ms }) => `${figure(p50Ms)} ms, p99 ${figure(p99Ms)} ms while the database ${state}`,
  );
  const isKept = ill.every(({ p99Ms }) => p99Ms <= limits.besideTimes * well!.p99Ms);
  const rule = ill.length === 0 ? "" : ` (p99 at most ${limits.besideTimes} times as long: ${verdict(isKept)})`;
  return `Predictions while four callers list and filter: ${times.join("; ")}${rule}.`;
}
