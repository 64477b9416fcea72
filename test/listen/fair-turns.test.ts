import { afterEach, expect, it, vi } from "vitest";
import { turnLength, yieldIfBusy } from "../../src/base/yield-if-busy.ts";
import { createFairTurns, mostWaiting } from "../../src/listen/fair-turns.ts";

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
afterEach(() => vi.restoreAllMocks());

const ignored = { hold: () => {}, release: () => {} };

/** What notes the calls that are begun, and what makes one of a connection. */
function setUp() {
  const begun: string[] = [];
  const beginInTurn = createFairTurns(ignored);
  const call = (connection: object, name: string): void => beginInTurn(connection, () => begun.push(name));
  return { begun, call };
}

/** Makes this turn of the event loop a long one. The clock stands still, but where a test moves it. */
async function longTurn(): Promise<{ now: number }> {
  await nextTurn();
  const clock = { now: 0 };
  vi.spyOn(performance, "now").mockImplementation(() => clock.now);
  turnLength();
  clock.now = 20;
  return clock;
}

it("begins calls at once while turns are short", async () => {
  await nextTurn();
  const { begun, call } = setUp();
  const connection = {};
  for (const name of ["1", "2", "3"]) call(connection, name);
  expect(begun).toEqual(["1", "2", "3"]);
});

it("begins one of each connection, round and round, once a turn has been long", async () => {
  await longTurn();
  const { begun, call } = setUp();
  const [flood, other] = [{}, {}];
  for (const name of ["flood 1", "flood 2", "flood 3"]) call(flood, name);
  call(other, "other 1");
  expect(begun).toEqual([]);
  await nextTurn();
  expect(begun).toEqual(["flood 1", "other 1", "flood 2", "flood 3"]);
});

it("begins a call that waits before longer work goes on, which had the turn before", async () => {
  await longTurn();
  const { begun, call } = setUp();
  const gone = yieldIfBusy()!.then(() => begun.push("longer work"));
  call({}, "call");
  await gone;
  expect(begun).toEqual(["call", "longer work"]);
});

it("counts all that follows from a call's beginning, and begins no more in a turn than it has room for", async () => {
  const clock = await longTurn();
  let turn = 0;
  const begun: string[] = [];
  const beginInTurn = createFairTurns(ignored);
  const call = (connection: object, name: string): void =>
    beginInTurn(connection, async () => {
      begun.push(`${turn} ${name}`);
      // What is long comes some steps later.
      await undefined;
      clock.now += 0.3;
    });
  const [flood, other] = [{}, {}];
  for (const name of ["1", "2", "3", "4"]) call(flood, `flood ${name}`);
  call(other, "other");
  while (begun.length < 5) {
    await nextTurn();
    turn++;
  }
  expect(begun).toEqual(["0 flood 1", "0 other", "1 flood 2", "1 flood 3", "2 flood 4"]);
});

it("begins what comes while the last that waits begins", async () => {
  const clock = await longTurn();
  const { begun, call } = setUp();
  const beginInTurn = createFairTurns(ignored);
  beginInTurn({}, () => {
    begun.push("first");
    turnLength();
    clock.now = 40;
    beginInTurn({}, () => begun.push("second"));
  });
  call({}, "of others");
  expect(begun).toEqual([]);
  await nextTurn();
  await nextTurn();
  expect(begun.toSorted()).toEqual(["first", "of others", "second"]);
});

it("reads no more of a connection of which many calls wait, until they have begun", async () => {
  await longTurn();
  const done: string[] = [];
  const beginInTurn = createFairTurns<{ name: string }>({
    hold: ({ name }) => done.push(`${name} is held`),
    release: ({ name }) => done.push(`${name} is read again`),
  });
  const [flood, other] = [{ name: "flood" }, { name: "other" }];
  let begun = 0;
  for (let i = 0; i < 2 * mostWaiting; i++)
    beginInTurn(flood, () => ++begun === 2 * mostWaiting && done.push("all began"));
  for (let i = 1; i < mostWaiting; i++) beginInTurn(other, () => {});
  while (!done.includes("flood is read again")) await nextTurn();
  expect(done.toSorted()).toEqual(["all began", "flood is held", "flood is read again"]);
});

it("begins calls of connections without waiting calls first, and at least one of the others per turn", async () => {
  const clock = await longTurn();
  const begun: string[] = [];
  const beginInTurn = createFairTurns(ignored);
  const [flood, second, other] = [{}, {}, {}];
  const call = (connection: object, name: string): void =>
    beginInTurn(connection, () => {
      begun.push(name);
      clock.now += 0.3;
    });
  for (const name of ["1", "2", "3"]) call(flood, `flood ${name}`);
  for (const name of ["1", "2", "3"]) call(second, `second ${name}`);
  await nextTurn();
  expect(begun).toEqual(["flood 1", "second 1"]);
  turnLength();
  clock.now += 20;
  call(other, "other");
  await nextTurn();
  expect(begun.slice(2)).toEqual(["flood 2", "other"]);
});
