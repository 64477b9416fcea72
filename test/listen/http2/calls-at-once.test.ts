import { expect, it, onTestFinished } from "vitest";
import { burstsPerSecond, mostCallsAtOnce } from "../../../src/listen/http2/calls-at-once.ts";
import { streamsPerStep } from "../../../src/listen/http2-session.ts";
import { createListener } from "../../../src/listen/listener.ts";
import { selfSigned } from "../../../src/listen/self-signed.ts";
import { endHeaders, endStream, frameTypes, http2Frame, preface } from "../../support/http2-frames.ts";
import { openRaw, openRawTls } from "../../support/raw-connection.ts";
import { requestBlock } from "../../support/raw-http2.ts";
import { until } from "../../support/until.ts";

const ways = ["cleartext", "TLS"] as const;

/** Sends calls in one piece with the preface, over connections of their own. */
async function setUp(over: (typeof ways)[number]) {
  let begun = 0;
  const listener = createListener(
    { tls: over === "TLS" ? selfSigned(["localhost"]) : undefined },
    (_request, response) => {
      begun++;
      response.end("ok");
    },
  );
  const { port } = await listener.listen(0, "127.0.0.1");
  onTestFinished(() => listener.close(0));
  const block = requestBlock("GET", "/");
  const sendAtOnce = async (calls: number) => {
    const connection = await (over === "TLS" ? openRawTls : openRaw)(port);
    onTestFinished(() => connection.destroy());
    const heads = Array.from({ length: calls }, (_, i) =>
      http2Frame(frameTypes.headers, endHeaders | endStream, 2 * i + 1, block),
    );
    connection.write(Buffer.concat([preface, http2Frame(frameTypes.settings, 0, 0, Buffer.alloc(0)), ...heads]));
    return connection;
  };
  return { sendAtOnce, begun: () => begun };
}

it.each(ways)(
  "over %s as many calls as one connection may have at first are begun, and some more refused one by one",
  async (over) => {
    const { sendAtOnce, begun } = await setUp(over);
    const connections = [];
    for (let i = 0; i < 4 * burstsPerSecond; i++) connections.push(await sendAtOnce(mostCallsAtOnce));
    await until(() => begun() >= connections.length * streamsPerStep, "the first calls of each connection begin");
    expect(connections.map((one) => one.isClosed())).not.toContain(true);
  },
);

it.each(ways)(
  "over %s, of connections that begin more calls than they should, all but a few a second have none of them looked at",
  async (over) => {
    const { sendAtOnce, begun } = await setUp(over);
    const connections = await Promise.all(
      Array.from({ length: 10 * burstsPerSecond }, () => sendAtOnce(mostCallsAtOnce + 1)),
    );
    const refused = () => connections.filter((one) => one.isClosed());
    await until(() => refused().length >= 5 * burstsPerSecond, "most connections are closed");
    await until(() => begun() >= burstsPerSecond * streamsPerStep, "the first connections are served");
    for (const one of refused())
      expect(one.received()).toContain(`More than ${mostCallsAtOnce} calls were begun before SETTINGS were read`);
  },
);
