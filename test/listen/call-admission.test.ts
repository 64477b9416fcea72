import http2 from "node:http2";
import { buffer } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { createListener } from "../../src/listen/listener.ts";

/** Makes the turn of the event loop long, so that calls behind it wait for their own. */
function workFor(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}

it.each([
  ["empty", ""],
  ["of some bytes", "body"],
])(
  "a call that waits for its turn has its body, %s and complete before it begins",
  async (_title, body) => {
    const listener = createListener({}, (request, response) => {
      if (request.url === "/slow") workFor(30);
      void buffer(request).then((received) => response.end(`got ${received.toString()}`));
    });
    const { port } = await listener.listen(0, "127.0.0.1");
    const session = http2.connect(`http://127.0.0.1:${port}`);
    onTestFinished(async () => {
      session.destroy();
      await listener.close(0);
    });
    const answers = ["/slow", "/1", "/2", "/3"].map((path) => {
      const stream = session.request({ ":method": "POST", ":path": path });
      stream.end(body);
      return buffer(stream);
    });
    expect((await Promise.all(answers)).map(String)).toEqual(Array.from({ length: 4 }, () => `got ${body}`));
  },
  5000,
);
