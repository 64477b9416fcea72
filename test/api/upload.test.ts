import { connect, type Socket } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import type { HttpRequest } from "../../src/api/http.ts";
import { uploadOf } from "../../src/api/upload.ts";
import { createListener } from "../../src/listen/listener.ts";
import { endHeaders, frameTypes, http2Frame, preface } from "../support/http2-frames.ts";
import { requestBlock } from "../support/raw-http2.ts";
import { until } from "../support/until.ts";

const busyMs = 30;
const settings = http2Frame(frameTypes.settings, 0, 0, Buffer.alloc(0));
const cancel = http2Frame(frameTypes.rstStream, 0, 1, Buffer.from([0, 0, 0, 8]));
const overHttp2 = Buffer.concat([
  preface,
  settings,
  http2Frame(frameTypes.headers, endHeaders, 1, requestBlock("POST", "/")),
  http2Frame(frameTypes.data, 0, 1, Buffer.from("half of it")),
]);
const overHttp1 = Buffer.from("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 20\r\n\r\nhalf of it");

const ends: Readonly<Record<string, (client: Socket) => void>> = {
  "its stream is reset": (client) => client.write(cancel),
  "its connection breaks": (client) => client.resetAndDestroy(),
  "its connection closes": (client) => client.destroy(),
};

it.each([
  ["HTTP/2", "its stream is reset", overHttp2],
  ["HTTP/2", "its connection breaks", overHttp2],
  ["HTTP/2", "its connection closes", overHttp2],
  ["HTTP/1.1", "its connection breaks", overHttp1],
  ["HTTP/1.1", "its connection closes", overHttp1],
])("an upload over %s ends with CALLER_LEFT when %s before its end", async (_version, how, sent) => {
  const outcomes: unknown[] = [];
  let begun = false;
  const read = async (request: HttpRequest): Promise<void> => {
    try {
      for await (const _ of uploadOf(request)) begun = true;
      outcomes.push("whole");
    } catch (error) {
      outcomes.push(error);
    }
  };
  const listener = createListener({}, (request) => {
    request.on("error", () => {});
    void read(request);
  });
  const { port } = await listener.listen(0, "127.0.0.1");
  onTestFinished(() => listener.close(0));
  const client = connect({ port, host: "127.0.0.1" });
  client.on("error", () => {});
  client.write(sent);
  await until(() => begun, "the body has begun");
  ends[how]!(client);
  // While the event loop is busy handlers are told of what has broken off later than readers of bodies.
  await until(() => {
    const end = performance.now() + busyMs;
    while (performance.now() < end);
    return outcomes.length > 0;
  }, "the body is over");
  client.destroy();
  expect(outcomes).toEqual([expect.objectContaining({ reason: "CALLER_LEFT" })]);
});
