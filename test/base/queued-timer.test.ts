import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { QueuedTimer } from "../../src/base/queued-timer.ts";

test("fires the timers of a duration in order, except those that were cleared", async () => {
  const fired: string[] = [];
  const set = (name: string) => new QueuedTimer(() => fired.push(name), 20, performance.now());
  const [first, , third, , fifth] = ["first", "second", "third", "fourth", "fifth"].map(set);
  first!.clear();
  third!.clear();
  third!.clear();
  fifth!.clear();
  set("sixth");

  await pause(60);

  expect(fired).toEqual(["second", "fourth", "sixth"]);
});

test("fires no timer before its time, whichever came before it", async () => {
  const startMs = performance.now();
  let firedMs = 0;
  const first = new QueuedTimer(() => {}, 30, startMs);
  await pause(20);
  const setMs = performance.now();
  new QueuedTimer(
    () => {
      firedMs = performance.now();
    },
    30,
    setMs,
  );
  first.clear();

  await pause(80);

  expect(firedMs - setMs).toBeGreaterThanOrEqual(30);
});

test("lets a timer that fires set others and clear others", async () => {
  const fired: string[] = [];
  const nowMs = performance.now();
  new QueuedTimer(
    () => {
      fired.push("first");
      second.clear();
      new QueuedTimer(() => fired.push("third"), 10, performance.now());
    },
    10,
    nowMs,
  );
  const second = new QueuedTimer(() => fired.push("second"), 10, nowMs);

  await pause(60);

  expect(fired).toEqual(["first", "third"]);
});
