import { describe, expect, it } from "vitest";
import { createDice } from "../../reliability/fuzz/dice.ts";
import type { Input } from "../../reliability/fuzz/input.ts";
import { problemOf } from "../../reliability/fuzz/judge.ts";
import { mutate } from "../../reliability/fuzz/mutate.ts";
import { readOptions } from "../../reliability/fuzz/options.ts";
import { inputOf } from "../../reliability/fuzz/run.ts";
import { surfaces } from "../../reliability/fuzz/surfaces.ts";
import type { Reply } from "../../reliability/fuzz/transmit.ts";

describe("an input of the fuzzer", () => {
  it.each(surfaces.map(({ name }, at) => [name, at] as const))(
    "on %s is made again by its seed and number",
    (name, at) => {
      for (let round = 0; round < 50; round++) {
        const index = at + round * surfaces.length;
        expect(inputOf(7, index).surface.name).toBe(name);
        expect(inputOf(7, index)).toEqual(inputOf(7, index));
      }
    },
  );

  it("depends on the seed and on the number", () => {
    const made = (seed: number, round: number): string => JSON.stringify(inputOf(seed, round * surfaces.length).input);
    const different = new Set(Array.from({ length: 40 }, (_, i) => made(i % 2, i)));
    expect(different.size).toBeGreaterThan(20);
  });

  it("is mostly changed by a mutation", () => {
    const good = Buffer.from('{"instances":[[1,2],[3,4]]}');
    const changed = Array.from({ length: 200 }, (_, i) => mutate(good, createDice(1, i), [Buffer.from("other")]));
    expect(changed.filter((one) => !one.equals(good)).length).toBeGreaterThan(150);
    expect(good.toString()).toBe('{"instances":[[1,2],[3,4]]}');
  });
});

describe("a reply to an input", () => {
  const http: Input = { kind: "http", version: 1, method: "GET", path: "/", headers: [], body: undefined };
  const raw: Input = { kind: "raw", chunks: [], end: "half-close" };
  const reply = (change: Partial<Reply>): Reply => ({
    end: "answered",
    statuses: [],
    grpcStatuses: [],
    text: "",
    ...change,
  });

  it.each<[string, Input, Partial<Reply>, string | undefined]>([
    ["a refusal", http, { statuses: [400] }, undefined],
    ["a fault", http, { statuses: [500] }, "HTTP 500 for a caller's mistake"],
    ["a fault after good answers", raw, { statuses: [200, 502] }, "HTTP 502 for a caller's mistake"],
    ["an encoding that nobody knows", http, { statuses: [501], text: '{"code":"unimplemented"}' }, undefined],
    ["a method that nobody made", http, { statuses: [501] }, "HTTP 501 for a caller's mistake"],
    ["a deadline that has passed", http, { statuses: [504], text: '{"code":"deadline_exceeded"}' }, undefined],
    ["INVALID_ARGUMENT", http, { statuses: [200], grpcStatuses: [3] }, undefined],
    ["INTERNAL", http, { statuses: [200], grpcStatuses: [13] }, "gRPC status 13 for a caller's mistake"],
    [
      "INTERNAL, as gRPC prescribes",
      http,
      { statuses: [200], grpcStatuses: [13], text: "received%20compressed%20envelope%2C%20but" },
      undefined,
    ],
    ["no answer to a whole request", http, { end: "silent" }, "no answer to a whole request"],
    ["a connection that stays", raw, { end: "silent" }, "the connection stays open after its caller has ended it"],
    ["a connection whose caller waits, too", { ...raw, end: "wait" }, { end: "silent" }, undefined],
  ])("is judged: %s", (_title, input, change, problem) => {
    expect(problemOf(input, reply(change))).toBe(problem);
  });
});

describe("the options of the fuzzer", () => {
  it("have defaults", () => {
    expect(readOptions([])).toMatchObject({ seed: 1, count: 200_000, only: undefined, write: false });
  });

  it.each([["--seed", "x"], ["--count", "-1"], ["--only", "1.5"], ["--nothing"]])("refuse %s %s", (...args) => {
    expect(() => readOptions(args)).toThrow();
  });
});
