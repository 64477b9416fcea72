import { EventEmitter } from "node:events";
import { expect, it, onTestFinished, vi } from "vitest";
import type { HttpResponse } from "../../src/api/http.ts";
import { limitAnonymousCalls } from "../../src/compose/anonymous-calls.ts";

function answers(count: number, url = "/livez"): { readonly all: EventEmitter[]; readonly broken: number[] } {
  const broken: number[] = [];
  const all = Array.from({ length: count }, (_, i) =>
    Object.assign(new EventEmitter(), { req: { url }, destroy: () => void broken.push(i) }),
  );
  return { all, broken };
}

it("of more calls without credentials than there may be the one that was first is broken off", () => {
  const { all, broken } = answers(4);
  const begin = limitAnonymousCalls(2);
  for (const one of all) begin(one as unknown as HttpResponse);
  expect(broken).toEqual([0, 1]);
});

it("what has ended makes room", () => {
  const { all, broken } = answers(4);
  const begin = limitAnonymousCalls(2);
  for (const one of all) {
    begin(one as unknown as HttpResponse);
    one.emit("close");
  }
  expect(broken).toEqual([]);
});

it("streams do not end each other while they are new", () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  onTestFinished(() => void vi.useRealTimers());
  const { all, broken } = answers(4, "/grpc.health.v1.Health/Watch");
  const begin = limitAnonymousCalls(2);
  const begun = all.slice(0, 3).map((one) => begin(one as unknown as HttpResponse));
  expect(begun).toEqual([true, true, false]);
  expect(broken).toEqual([2]);
  vi.advanceTimersByTime(60_000);
  expect(begin(all[3] as unknown as HttpResponse)).toBe(true);
  expect(broken).toEqual([2, 0]);
});
