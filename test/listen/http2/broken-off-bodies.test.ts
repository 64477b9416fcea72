import http2 from "node:http2";
import { expect, it, onTestFinished } from "vitest";
import { createListener } from "../../../src/listen/listener.ts";
import { endHeaders, frameTypes, http2Frame } from "../../support/http2-frames.ts";
import { openHttp2, requestBlock } from "../../support/raw-http2.ts";
import { until } from "../../support/until.ts";

const head = http2Frame(frameTypes.headers, endHeaders, 1, requestBlock("POST", "/"));
const begin = http2Frame(frameTypes.data, 0, 1, Buffer.from("half of it"));
const cancel = http2Frame(frameTypes.rstStream, 0, 1, Buffer.from([0, 0, 0, http2.constants.NGHTTP2_CANCEL]));

it.each(["its stream is reset", "its connection breaks"])(
  "a body that has begun does not end, but closes, as %s",
  async (how) => {
    const events: string[] = [];
    const listener = createListener({}, (request) => {
      request.on("data", () => events.push("data"));
      request.on("end", () => events.push("end"));
      request.on("close", () => {
        events.push("close");
        request.on("end", () => events.push("late end"));
        setImmediate(() => events.push("later"));
      });
    });
    const { port } = await listener.listen(0, "127.0.0.1");
    onTestFinished(() => listener.close(0));
    const client = await openHttp2(port);
    client.write(Buffer.concat([head, begin]));
    await until(() => events.length > 0, "the body has begun");
    if (how === "its stream is reset") client.write(cancel);
    else client.destroy();
    await until(() => events.includes("later"), "the request is over");
    client.destroy();
    expect(events).toEqual(["data", "close", "later"]);
  },
);
