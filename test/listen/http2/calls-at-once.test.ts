import { expect, it, onTestFinished } from "vitest";
import { mostCallsAtOnce } from "../../../src/listen/http2/calls-at-once.ts";
import { streamsPerStep } from "../../../src/listen/http2-session.ts";
import { createListener } from "../../../src/listen/listener.ts";
import { endHeaders, endStream, frameTypes, http2Frame, preface } from "../../support/http2-frames.ts";
import { openRaw } from "../../support/raw-connection.ts";
import { requestBlock } from "../../support/raw-http2.ts";
import { until } from "../../support/until.ts";

/** What becomes of calls that are sent in one piece with the preface. */
async function sendAtOnce(calls: number) {
  const begun: string[] = [];
  const listener = createListener({}, (request, response) => {
    begun.push(request.url ?? "");
    response.end("ok");
  });
  const { port } = await listener.listen(0, "127.0.0.1");
  onTestFinished(() => listener.close(0));
  const connection = await openRaw(port);
  onTestFinished(() => connection.destroy());
  const block = requestBlock("GET", "/");
  const heads = Array.from({ length: calls }, (_, i) =>
    http2Frame(frameTypes.headers, endHeaders | endStream, 2 * i + 1, block),
  );
  connection.write(Buffer.concat([preface, http2Frame(frameTypes.settings, 0, 0, Buffer.alloc(0)), ...heads]));
  return { begun, connection };
}

it("as many calls as one connection may have at first are begun, and some more refused one by one", async () => {
  const { begun, connection } = await sendAtOnce(mostCallsAtOnce);
  await until(() => begun.length >= streamsPerStep, "the first calls begin");
  expect(connection.isClosed()).toBe(false);
});

it("a connection that begins more calls than it should before SETTINGS has none of them looked at", async () => {
  const { begun, connection } = await sendAtOnce(mostCallsAtOnce + 1);
  await until(() => connection.isClosed(), "the connection is closed");
  expect(begun).toEqual([]);
  expect(connection.received()).toContain(`More than ${mostCallsAtOnce} calls were begun before SETTINGS were read`);
});
