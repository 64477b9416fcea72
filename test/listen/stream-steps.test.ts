import http2 from "node:http2";
import { expect, it, onTestFinished } from "vitest";
import { streamsPerStep } from "../../src/listen/http2-session.ts";
import { createListener, type ListenerOptions } from "../../src/listen/listener.ts";
import { endHeaders, frameTypes, http2Frame } from "../support/http2-frames.ts";
import { openHttp2, requestBlock } from "../support/raw-http2.ts";
import { until } from "../support/until.ts";

/** Calls that are never answered: how many there are. */
async function heldCalls(options: ListenerOptions = {}) {
  const held = { count: 0 };
  const listener = createListener(options, (_request, response) => {
    held.count++;
    response.once("close", () => held.count--);
  });
  const { port } = await listener.listen(0, "127.0.0.1");
  onTestFinished(() => listener.close(0));
  return { held, port };
}

it("a client that keeps to what it may has as many calls under way as there may be in the end", async () => {
  const { held, port } = await heldCalls({ maxConcurrentStreams: 350 });
  const session = http2.connect(`http://127.0.0.1:${port}`);
  onTestFinished(() => session.destroy());
  for (let i = 0; i < 400; i++) session.request({ ":path": "/" }).on("error", () => {});
  await until(() => held.count === 350, "350 calls are under way");
  expect(session.remoteSettings.maxConcurrentStreams).toBe(350);
});

it("of thousands of calls that come at once only the first hundred begin", async () => {
  const { held, port } = await heldCalls();
  const connection = await openHttp2(port);
  onTestFinished(() => connection.destroy());
  const block = requestBlock("POST", "/");
  const heads = Array.from({ length: 1000 }, (_, i) => http2Frame(frameTypes.headers, endHeaders, 2 * i + 1, block));
  connection.write(Buffer.concat(heads));
  await until(() => connection.isClosed() || connection.resetOf(1999) !== undefined, "the last call is refused");
  expect(held.count).toBeLessThanOrEqual(streamsPerStep);
});
