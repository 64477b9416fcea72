import { EventEmitter } from "node:events";
import { expect, it } from "vitest";
import type { HttpResponse } from "../../src/api/http.ts";
import { limitAnonymousCalls } from "../../src/compose/anonymous-calls.ts";

function answers(count: number): { readonly all: EventEmitter[]; readonly broken: number[] } {
  const broken: number[] = [];
  const all = Array.from({ length: count }, (_, i) =>
    Object.assign(new EventEmitter(), { destroy: () => void broken.push(i) }),
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
