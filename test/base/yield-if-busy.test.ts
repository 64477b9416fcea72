import { afterEach, expect, it, vi } from "vitest";
import { goOnWhenNotBusy, whenNotBusy, yieldIfBusy } from "../../src/base/yield-if-busy.ts";

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
afterEach(() => vi.restoreAllMocks());

it("asks to wait for the next turn once this one has been long, no matter what worked in it, and not before", async () => {
  await nextTurn();
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  expect(yieldIfBusy()).toBeUndefined();
  now = 0.4;
  expect(yieldIfBusy()).toBeUndefined();
  now = 0.5;
  let turned = false;
  setImmediate(() => {
    turned = true;
  });
  await yieldIfBusy();
  expect(turned).toBe(true);
  await nextTurn();
  expect(yieldIfBusy()).toBeUndefined();
});

it("lets as many begin in a turn as it has room for, one of each owner, round and round", async () => {
  await nextTurn();
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  let turn = 0;
  const begun: string[] = [];
  const work = async (owner: object, name: string): Promise<void> => {
    await whenNotBusy(owner);
    // What is long comes some steps later.
    await undefined;
    now += 0.375;
    begun.push(`${turn} ${name}`);
  };
  const [flood, other] = [{}, {}];
  const all = ["1", "2", "3", "4"].map((name) => work(flood, `flood ${name}`));
  all.push(work(other, "other"));
  while (begun.length < all.length) {
    await nextTurn();
    turn++;
  }
  expect(begun).toEqual(["0 flood 1", "0 flood 2", "1 other", "1 flood 3", "2 flood 4"]);
});

it("lets an owner finish what it has begun before it begins something else", async () => {
  await nextTurn();
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  const done: string[] = [];
  const work = async (owner: object, name: string): Promise<void> => {
    await whenNotBusy(owner);
    for (const step of [1, 2, 3]) {
      now += 1;
      done.push(`${name}${step}`);
      await goOnWhenNotBusy(owner);
    }
  };
  const [one, other] = [{}, {}];
  await Promise.all([work(one, "a"), work(one, "b"), work(other, "c")]);
  expect(done.filter((step) => !step.startsWith("c"))).toEqual(["a1", "a2", "a3", "b1", "b2", "b3"]);
  // The other owner has its turn between those steps.
  expect(done.indexOf("c1")).toBeLessThan(done.indexOf("a3"));
});

it("lets no more of those that gave way go on in a turn than it has room for, the first first", async () => {
  await nextTurn();
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  let turn = 0;
  const done: string[] = [];
  const work = async (name: string): Promise<void> => {
    await yieldIfBusy();
    now += 0.375;
    done.push(`${turn} ${name}`);
  };
  yieldIfBusy();
  now = 20;
  const all = ["1", "2", "3", "4", "5"].map(work);
  while (done.length < all.length) {
    await nextTurn();
    turn++;
  }
  expect(done).toEqual(["0 1", "0 2", "1 3", "1 4", "2 5"]);
});
