import type { Socket } from "node:net";
import { afterEach, expect, it, vi } from "vitest";
import { closeWhenNotBusy } from "../../src/listen/close-when-not-busy.ts";

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
afterEach(() => vi.restoreAllMocks());

it("of connections that end at once as many close in a turn of the event loop as it has room for", async () => {
  await nextTurn();
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  const closed: string[] = [];
  const all = ["a", "b", "c", "d", "e"].map((name) => {
    const socket: Pick<Socket, "_destroy"> = {
      _destroy(_error, callback) {
        now += 0.75;
        closed.push(name);
        callback(null);
      },
    };
    closeWhenNotBusy(socket);
    return new Promise<void>((resolve) => socket._destroy(null, () => resolve()));
  });
  expect(closed).toEqual(["a", "b"]);
  await nextTurn();
  expect(closed).toEqual(["a", "b", "c", "d"]);
  await Promise.all(all);
  expect(closed).toEqual(["a", "b", "c", "d", "e"]);
});
