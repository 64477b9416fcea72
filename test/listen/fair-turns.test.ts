import { afterEach, expect, it, vi } from "vitest";
import { turnLength } from "../../src/base/yield-if-busy.ts";
import { createFairTurns } from "../../src/listen/fair-turns.ts";

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
afterEach(() => vi.restoreAllMocks());

/** What notes the calls that are begun, and what makes one of a connection. */
function setUp() {
  const begun: string[] = [];
  const beginInTurn = createFairTurns();
  const call = (connection: object, name: string): void => beginInTurn(connection, () => begun.push(name));
  return { begun, call };
}

it("begins calls at once while turns are short", async () => {
  await nextTurn();
  const { begun, call } = setUp();
  const connection = {};
  for (const name of ["1", "2", "3"]) call(connection, name);
  expect(begun).toEqual(["1", "2", "3"]);
});

it("begins one of each connection, round and round, once a turn has been long", async () => {
  await nextTurn();
  const { begun, call } = setUp();
  const [flood, other] = [{}, {}];
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  turnLength();
  now = 20;
  for (const name of ["flood 1", "flood 2", "flood 3"]) call(flood, name);
  call(other, "other 1");
  expect(begun).toEqual([]);
  await nextTurn();
  expect(begun).toEqual(["flood 1", "other 1", "flood 2", "flood 3"]);
});
