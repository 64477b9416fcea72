import { expect, it, onTestFinished } from "vitest";
import { createListener } from "../../src/listen/listener.ts";
import { tellInTurn } from "../../src/listen/tell-in-turn.ts";
import { endHeaders, frameTypes, http2Frame } from "../support/http2-frames.ts";
import { openRaw, type RawConnection } from "../support/raw-connection.ts";
import { openHttp2, requestBlock } from "../support/raw-http2.ts";
import { until } from "../support/until.ts";
import { stepsCounted, whileOthersWork } from "./while-others-work.ts";

const connections = 40;
const workMs = 2;

/** Calls on connections of their own, each of which is under way until its client leaves. */
const openers: readonly (readonly [version: string, open: (port: number) => Promise<RawConnection>])[] = [
  [
    "HTTP/1.1",
    async (port) => {
      const connection = await openRaw(port);
      connection.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
      return connection;
    },
  ],
  [
    "HTTP/2",
    async (port) => {
      const connection = await openHttp2(port);
      connection.write(http2Frame(frameTypes.headers, endHeaders, 1, requestBlock("GET", "/")));
      return connection;
    },
  ],
];

it.each(openers)(
  "handlers learn in many turns of the event loop that calls of %s have broken off at once",
  async (_version, open) => {
    let turn = 0;
    const countTurn = (): void => {
      turn++;
      immediate = setImmediate(countTurn);
    };
    let immediate = setImmediate(countTurn);
    onTestFinished(() => clearImmediate(immediate));
    let held = 0;
    const closedIn = new Map<number, number>();
    const listener = createListener({}, (_request, response) => {
      held++;
      response.once("close", () => {
        held--;
        closedIn.set(turn, (closedIn.get(turn) ?? 0) + 1);
        const untilMs = performance.now() + workMs;
        while (performance.now() < untilMs);
      });
    });
    const { port } = await listener.listen(0, "127.0.0.1");
    onTestFinished(() => listener.close(0));
    const opened = await Promise.all(Array.from({ length: connections }, () => open(port)));
    await until(() => held === connections, "all calls are under way");
    for (const connection of opened) connection.destroy();
    await until(() => held === 0, "all calls are let go of");
    expect(Math.max(...closedIn.values())).toBeLessThanOrEqual(2);
  },
);

it("handlers learn of it in each turn of the event loop, however many others wait to work", async () => {
  const told = await whileOthersWork((count) => {
    for (let i = 0; i < stepsCounted; i++) tellInTurn(count);
  });
  expect(told).toHaveLength(stepsCounted);
  expect(told.at(-1)).toBeLessThanOrEqual(2 * stepsCounted);
});
