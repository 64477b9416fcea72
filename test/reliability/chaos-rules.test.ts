import { describe, expect, it } from "vitest";
import { type Judged, wrongEnd } from "../../reliability/chaos/expected.ts";
import { latencyOf, rulesOf } from "../../reliability/chaos/report.ts";
import type { CallRecord, Observed } from "../../reliability/chaos/run.ts";

const ended = (code: string, reason?: string, prediction?: number): Judged["result"] => ({
  code,
  reason,
  prediction,
  ms: 1,
});

describe("the end of a call", () => {
  it.each<[string, Partial<Judged>, string | undefined]>([
    ["the right prediction", { result: ended("ok", undefined, 5) }, undefined],
    ["the prediction of another", { result: ended("ok", undefined, 6) }, "the prediction of another call: 6"],
    [
      "a failure of a healthy model",
      { result: ended("Unavailable", "MODEL_UNREACHABLE") },
      "MODEL_UNREACHABLE, which is not its fault",
    ],
    ["what its fault leads to", { fault: "refuse", result: ended("Unavailable", "MODEL_UNREACHABLE") }, undefined],
    ["the same by REST", { fault: "refuse", result: ended("503", "MODEL_UNREACHABLE") }, undefined],
    [
      "a wrong code",
      { fault: "refuse", result: ended("Internal", "MODEL_UNREACHABLE") },
      "MODEL_UNREACHABLE with the code Internal",
    ],
    [
      "another fault's",
      { fault: "hang", result: ended("Internal", "MODEL_FAILED") },
      "MODEL_FAILED, which is not its fault",
    ],
    ["no answer", { fault: "hang", result: ended("no answer", "aborted") }, "no answer: aborted"],
    ["no answer where the machine had no core", { timeIsUp: true, result: ended("no answer", "aborted") }, undefined],
    [
      "a deadline where the machine had no core",
      { timeIsUp: true, result: ended("DeadlineExceeded", "DEADLINE_EXCEEDED") },
      undefined,
    ],
    ["an open breaker after a fault", { recovering: true, result: ended("Unavailable", "BREAKER_OPEN") }, undefined],
    [
      "an open breaker for long",
      { result: ended("Unavailable", "BREAKER_OPEN") },
      "BREAKER_OPEN, which is not its fault",
    ],
    ["leaving", { fault: "hang-up", result: ended("left") }, undefined],
  ])("is judged: %s", (_title, change, wrong) => {
    const call = { fault: undefined, number: 5, timeIsUp: false, recovering: false, result: ended("ok") };
    expect(wrongEnd({ ...call, ...change })).toBe(wrong);
  });
});

describe("the rules of chaos", () => {
  const rest = { handles: 20, sockets: 3, residentBytes: 100e6, inFlight: 0, liveBytes: 30e6 };
  const call: CallRecord = {
    phase: "faults",
    model: "healthy-1",
    fault: undefined,
    way: "grpc/2",
    id: "a",
    result: ended("ok", undefined, 1),
    deadlineMs: 500,
    waitedMs: 0,
    wrong: undefined,
  };
  const before: CallRecord = { ...call, phase: "before" };
  const good: Observed = {
    calls: [before, call],
    executions: new Map([["a", 1]]),
    before: rest,
    after: rest,
    kills: 0,
    waitShare: 0,
  };
  const broken = (change: Partial<Observed>, complaints: string[] = []): string[] =>
    rulesOf({ ...good, ...change }, complaints)
      .filter(({ met }) => !met)
      .map(({ rule }) => rule);

  it("hold where nothing is wrong", () => {
    expect(broken({})).toEqual([]);
  });

  it.each<[string, Partial<Observed>, RegExp]>([
    ["a failed call of a healthy model", { calls: [{ ...call, result: ended("503"), wrong: "x" }] }, /healthy models/],
    ["a wrong end", { calls: [{ ...call, wrong: "x" }] }, /right code/],
    ["a late answer", { calls: [{ ...call, result: { ...call.result, ms: 700 } }] }, /deadline/],
    ["a second execution", { executions: new Map([["a", 2]]) }, /twice/],
    ["an answer out of nothing", { executions: new Map() }, /without an execution/],
    ["a call that goes on", { after: { ...rest, inFlight: 1 } }, /under way/],
    ["a socket that is left", { after: { ...rest, sockets: 4 } }, /connection/],
    ["memory that is left", { after: { ...rest, liveBytes: 50e6 } }, /memory/],
  ])("are broken by %s", (_title, change, rule) => {
    expect(broken(change)).toContainEqual(expect.stringMatching(rule));
  });

  it("are broken by a fault of the service itself", () => {
    expect(broken({}, ["TypeError"])).toEqual(["the service finds no fault in itself"]);
  });

  it("do not call late what waited for a core", () => {
    const late = { ...call, result: { ...call.result, ms: 700 } };
    expect(broken({ calls: [before, { ...late, waitedMs: 300 }] })).not.toContainEqual(
      expect.stringMatching(/deadline/),
    );
  });

  it("go with the latency of healthy models alone", () => {
    const slow = { ...call, model: "hang", result: { ...call.result, ms: 999 } };
    expect(latencyOf([call, slow], "faults")).toEqual({ p50: 1, p99: 1, ownP99: 1 });
  });

  it("are broken by healthy models that are slower while others fail, but for the wait for a core", () => {
    const slow: CallRecord = { ...call, result: { ...call.result, ms: 100 } };
    expect(broken({ calls: [before, slow] })).toEqual([expect.stringMatching(/99th percentile/)]);
    expect(broken({ calls: [before, { ...slow, waitedMs: 90 }] })).toEqual([]);
  });
});
