import { quantile } from "../../measure/stats.ts";
import { figure, table } from "../../measure/table.ts";
import { faults } from "../model-server/faults.ts";
import type { Rule } from "../rule.ts";
import type { CallRecord, Observed, Phase } from "./run.ts";
import { faultNames } from "./stage.ts";

/** How much later than its deadline an answer may come in, without the time in which the machine had no core for it. */
const lateAfterMs = 100;
const maxGrowthBytes = 8 * 1024 ** 2;
/** How much longer the slowest percent of the calls of healthy models may take while others fail, in milliseconds. */
const maxDelayMs = 25;

function isLate({ result, deadlineMs, waitedMs }: CallRecord): boolean {
  return result.ms > deadlineMs + waitedMs + lateAfterMs;
}

/** How long the answers of healthy models took, in milliseconds. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
  /** The 99th percentile without the time in which the machine had no core for one of the processes. */
  readonly ownP99: number;
}

export function latencyOf(calls: readonly CallRecord[], phase: Phase): Latency {
  const healthy = calls.filter((call) => call.phase === phase && call.model.startsWith("healthy"));
  const times = healthy.map(({ result }) => result.ms);
  const ownTimes = healthy.map(({ result, waitedMs }) => Math.max(0, result.ms - waitedMs));
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99), ownP99: quantile(ownTimes, 0.99) };
}

/** What a run must hold to. */
export function rulesOf({ calls, executions, before, after }: Observed, complaints: readonly string[]): Rule[] {
  const healthy = calls.filter(({ model }) => model.startsWith("healthy"));
  const answered = healthy.filter(({ result }) => result.code === "ok").length;
  const failed = healthy.filter(({ result, wrong }) => result.code !== "ok" && wrong !== undefined);
  const wrong = calls.filter((call) => call.wrong !== undefined);
  const late = calls.filter(isLate);
  const twice = calls.filter(({ id }) => (executions.get(id) ?? 0) > 1);
  const unexecuted = calls.filter(({ id, result }) => result.code === "ok" && !executions.has(id));
  const [calm, faulty] = [latencyOf(calls, "before").ownP99, latencyOf(calls, "faults").ownP99];
  const mib = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(0)} MiB`;
  return [
    {
      rule: "healthy models answer every call",
      measured: `${answered.toLocaleString("en")} of ${healthy.length.toLocaleString("en")}${starvedWords(healthy.length - answered - failed.length)}`,
      met: failed.length === 0,
    },
    {
      rule: `the 99th percentile of healthy models rises by at most ${maxDelayMs} ms, time without a core taken off`,
      measured: `${figure(calm)} ms before the faults, ${figure(faulty)} ms during them`,
      met: faulty - calm <= maxDelayMs,
      timed: true,
    },
    { rule: "every call ends with the right code and prediction", ...none(wrong.length) },
    {
      rule: `every call ends by its deadline, ${lateAfterMs} ms allowed for the way`,
      ...none(late.length),
      timed: true,
    },
    { rule: "no request is executed twice", ...none(twice.length) },
    { rule: "no answer without an execution", ...none(unexecuted.length) },
    {
      rule: "nothing is under way after the faults",
      measured: `${after.inFlight} predictions in flight`,
      met: after.inFlight === 0,
    },
    {
      rule: "every connection is let go of",
      measured: `${before.sockets} sockets and ${before.handles} handles before, ${after.sockets} and ${after.handles} after`,
      met: after.sockets <= before.sockets && after.handles <= before.handles,
    },
    {
      rule: `live memory returns to within ${mib(maxGrowthBytes)} of what it was`,
      measured: `${mib(before.liveBytes)} live and ${mib(before.residentBytes)} resident before, ${mib(after.liveBytes)} and ${mib(after.residentBytes)} after`,
      met: after.liveBytes - before.liveBytes <= maxGrowthBytes,
    },
    { rule: "the service finds no fault in itself", ...none(complaints.length) },
  ];
}

/** Calls whose deadline the machine has used up are not the fault of the service, but they are reported. */
function starvedWords(count: number): string {
  return count === 0 ? "" : `; ${count.toLocaleString("en")} ran out of time because the machine had no core for them`;
}

function none(count: number): Pick<Rule, "measured" | "met"> {
  return { measured: `${count.toLocaleString("en")} that do not`, met: count === 0 };
}

/** Fault × calls × codes × executions, for the part of the run in which the faults were there. */
export function faultTable({ calls, executions }: Observed): string {
  const during = calls.filter(({ phase }) => phase === "faults");
  const rows = [undefined, ...faultNames].map((fault) => {
    const own = during.filter((call) => call.fault === fault);
    return [
      fault === undefined ? "none: healthy models" : faults[fault].title,
      own.length.toLocaleString("en"),
      codesOf(own),
      own.filter(({ id }) => executions.has(id)).length.toLocaleString("en"),
      String(own.filter(({ id }) => (executions.get(id) ?? 0) > 1).length),
      String(own.filter(isLate).length),
      String(own.filter(({ wrong }) => wrong !== undefined).length),
    ];
  });
  return table(["fault", "calls", "came to", "executed", "twice", "late", "wrong"], rows, [1, 3, 4, 5, 6]);
}

/** `ok 24 %, MODEL_UNREACHABLE 76 %`. */
function codesOf(calls: readonly CallRecord[]): string {
  const groups = Map.groupBy(calls, ({ result }) => (result.code === "ok" ? "ok" : (result.reason ?? result.code)));
  return [...groups]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(
      ([name, { length }]) =>
        `${name === "ok" || name === "left" ? name : `\`${name}\``} ${figure((length / calls.length) * 100)} %`,
    )
    .join(", ");
}

/** What went wrong, in words, most frequent first. */
export function wrongWords({ calls, executions }: Observed): string[] {
  const words = calls.flatMap((call) => {
    const { phase, model, way, wrong, id, result } = call;
    return [
      ...(wrong === undefined ? [] : [`${phase}, ${model} by ${way}: ${wrong}`]),
      ...(isLate(call) ? [`${phase}, ${model} by ${way}: late, ${result.code}`] : []),
      ...((executions.get(id) ?? 0) > 1 ? [`${phase}, ${model} by ${way}: executed twice, ${result.code}`] : []),
    ];
  });
  return [...Map.groupBy(words, (word) => word)]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(([word, { length }]) => `${length} × ${word}`);
}
