import { expect, it } from "vitest";
import { allCases, caseName, quickCases } from "../../bench/cases.ts";
import { readOptions } from "../../bench/options.ts";
import { cpuTargets, judge } from "../../bench/targets.ts";
import { quantile } from "../../measure/stats.ts";

it("measures every case that a target is about", () => {
  const names = allCases.map(caseName);
  expect(cpuTargets.filter(({ name }) => !names.includes(name))).toEqual([]);
  expect(quickCases.map(caseName).filter((name) => !names.includes(name))).toEqual([]);
});

it("compares the medians of ours and a peer", () => {
  const figures = new Map([
    [
      "grpc/instances/1",
      new Map([
        ["ours", [40, 30, 35]],
        ["grpc-go", [35, 36, 90]],
      ]),
    ],
  ]);
  const judged = judge(figures);
  expect(judged).toHaveLength(1);
  expect(judged[0]).toMatchObject({ peer: "grpc-go", oursMicros: 35, peerMicros: 36, met: true });
});

it("leaves out what was not measured", () => {
  expect(judge(new Map())).toEqual([]);
});

it("finds quantiles between the figures", () => {
  expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
  expect(quantile([5], 0.99)).toBe(5);
  expect(quantile([], 0.5)).toBeNaN();
});

it.each([
  [[], { quick: false, write: true, rounds: 5 }],
  [["--quick"], { quick: true, write: false, rounds: 3 }],
  [["--quick", "--write"], { quick: true, write: true, rounds: 3 }],
  [["--case", "rest"], { write: false, only: /rest/ }],
  [["--rounds", "2", "--no-write"], { write: false, rounds: 2 }],
])("reads the command line %j", (args, expected) => {
  expect(readOptions(args)).toMatchObject(expected);
});

it.each([[["--rounds", "0"]], [["--rounds", "many"]], [["--unknown"]]])("refuses the command line %j", (args) => {
  expect(() => readOptions(args)).toThrow();
});
