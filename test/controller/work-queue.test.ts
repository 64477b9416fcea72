import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { WorkQueue } from "../../src/controller/work-queue.ts";
import { until } from "../support/until.ts";

function queueOf(work: (key: string) => Promise<number | undefined>, concurrency = 2) {
  const ending = new AbortController();
  onTestFinished(() => ending.abort());
  const failures: string[] = [];
  const backoff = { minMs: 5, maxMs: 5 };
  const onFailure = (key: string, error: Error) => failures.push(`${key}: ${error.message}`);
  return { queue: new WorkQueue({ work, concurrency, backoff, onFailure }, ending.signal), failures, ending };
}

it("a key that is added while it is worked on is worked on again, and never twice at once", async () => {
  const done: string[] = [];
  let underWay = 0;
  let most = 0;
  const { queue } = queueOf(async (key) => {
    most = Math.max(most, ++underWay);
    await sleep(10);
    underWay--;
    done.push(key);
    return undefined;
  });
  queue.add("a");
  queue.add("a");
  await until(() => done.length === 2);
  expect(most).toBe(1);
  for (const key of ["b", "c", "d"]) queue.add(key);
  expect(queue.waiting).toBe(3);
  await until(() => done.length === 5);
  expect(most).toBe(2);
  expect(queue.waiting).toBe(0);
});

it("what fails is tried again, and others go on meanwhile", async () => {
  let failing = true;
  const done: string[] = [];
  const { queue, failures } = queueOf(async (key) => {
    if (key === "bad" && failing) throw new Error("away");
    done.push(key);
    return undefined;
  });
  queue.add("bad");
  queue.add("good");
  await until(() => failures.length >= 2 && done.includes("good"));
  failing = false;
  await until(() => done.includes("bad"));
  expect(failures[0]).toBe("bad: away");
});

it("what is to be done again is, until the queue ends", async () => {
  let times = 0;
  const { queue, ending } = queueOf(async () => {
    times++;
    return 5;
  });
  queue.add("a");
  await until(() => times >= 3);
  ending.abort();
  const before = times;
  await sleep(30);
  expect(times).toBeLessThanOrEqual(before + 1);
});
