import { expect, it } from "vitest";
import { CallFlow } from "../../src/versions/sql/sqlite/call-flow.ts";

interface Call {
  readonly id: number;
  readonly caller: string;
  readonly args: readonly unknown[];
}

const long = "x".repeat(5 * 1024 * 1024);

function startFlow() {
  const sent: number[] = [];
  const flow = new CallFlow<Call>(({ id }) => sent.push(id));
  const add = (id: number, caller: string, text: string) => flow.add({ id, caller, args: [{ text }] });
  return { sent, flow, add };
}

it("short calls go to the thread at once, and long ones when there is room for them", () => {
  const { sent, flow, add } = startFlow();
  add(1, "a", long);
  add(2, "a", long);
  add(3, "a", "short");
  expect(sent).toEqual([1, 3]);
  flow.end({ id: 3, caller: "a" });
  expect(sent).toEqual([1, 3]);
  flow.end({ id: 1, caller: "a" });
  expect(sent).toEqual([1, 3, 2]);
});

it("callers of long calls take turns", () => {
  const { sent, flow, add } = startFlow();
  for (const id of [1, 2, 3, 4]) add(id, "a", long);
  add(5, "b", long);
  for (const id of [1, 2, 5]) flow.end({ id, caller: id === 5 ? "b" : "a" });
  expect(sent).toEqual([1, 2, 5, 3]);
});

it("a long call that nobody waits for any more is left out, and one that is alone goes however long it is", () => {
  const { sent, flow, add } = startFlow();
  add(1, "a", long + long);
  add(2, "a", long);
  add(3, "a", long);
  expect(flow.end({ id: 2, caller: "a" })).toBe(false);
  expect(flow.end({ id: 1, caller: "a" })).toBe(true);
  expect(sent).toEqual([1, 3]);
});
