import { EventEmitter } from "node:events";
import { expect, it } from "vitest";
import type { HttpResponse } from "../../../src/api/http.ts";
import { sharedList } from "../../../src/api/rest/shared-lists.ts";
import { isShared } from "../../../src/api/shared-answer.ts";
import { Registry, type Snapshot } from "../../../src/registry/registry.ts";

const snapshot = (): Snapshot => new Registry({ namespace: "default" } as never).snapshot;

/** Asks for a list as one caller. */
function ask(of: Snapshot, filter: object, text = "made") {
  const response = Object.assign(new EventEmitter(), { req: { socket: {} } });
  let made = 0;
  const list = sharedList(of, filter, response as unknown as HttpResponse, async () => {
    made++;
    return Buffer.from(text);
  });
  return { list, made: () => made, take: () => response.emit("close") };
}

it("gives a list that is on its way to all who ask for the same, and makes it again when all have taken it", async () => {
  const now = snapshot();
  const first = ask(now, {});
  const second = ask(now, { type: undefined });
  expect(await second.list).toBe(await first.list);
  expect([first.made(), second.made()]).toEqual([1, 0]);
  expect(isShared(await first.list)).toBe(true);
  first.take();
  const third = ask(now, {});
  expect(await third.list).toBe(await first.list);
  second.take();
  third.take();
  const fourth = ask(now, {});
  expect(fourth.made()).toBe(1);
  expect(await fourth.list).not.toBe(await first.list);
  fourth.take();
});

it("makes a list of its own for another filter, and for what has changed since", async () => {
  const now = snapshot();
  const all = [ask(now, {}), ask(now, { namespace: "a" }), ask(now, { trigger: "a" }), ask(snapshot(), {})];
  expect(all.map(({ made }) => made())).toEqual([1, 1, 1, 1]);
  for (const { take } of all) take();
});

it("shares no more than four at once: those that nobody takes would hold what no budget counts", async () => {
  const all = Array.from({ length: 5 }, () => ask(snapshot(), {}));
  expect(await Promise.all(all.map(async ({ list }) => isShared(await list)))).toEqual([true, true, true, true, false]);
  all[0]!.take();
  const next = ask(snapshot(), {});
  expect(isShared(await next.list)).toBe(true);
  for (const { take } of [...all, next]) take();
});

it("lets those who have waited for the same list go on one after the other, not all in one turn", async () => {
  const now = snapshot();
  let turn = 0;
  const count = (): void => {
    turn++;
    counting = setImmediate(count);
  };
  let counting = setImmediate(count);
  const all = Array.from({ length: 20 }, () => ask(now, {}));
  const turns = await Promise.all(
    all.map(async ({ list }) => {
      await list;
      const sentMs = performance.now() + 3;
      while (performance.now() < sentMs);
      return turn;
    }),
  );
  clearImmediate(counting);
  expect(new Set(turns).size).toBe(all.length);
  for (const { take } of all) take();
});
