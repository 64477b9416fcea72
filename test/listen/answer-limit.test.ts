import { expect, it, onTestFinished } from "vitest";
import { createListener } from "../../src/listen/listener.ts";
import { endHeaders, endStream, frameTypes, http2Frame } from "../support/http2-frames.ts";
import { openHttp2, requestBlock } from "../support/raw-http2.ts";
import { until } from "../support/until.ts";

const answerTimeoutMs = 200;
/** More than a client takes that opens no window. */
const answerBytes = 200_000;

it("a response whose stream was reset without an error is released in time, and its connection continues", async () => {
  const closed: string[] = [];
  const asked: string[] = [];
  const listener = createListener({ answerTimeoutMs }, (request, response) => {
    const { url = "" } = request;
    asked.push(url);
    response.on("close", () => closed.push(url));
    if (url === "/reset") response.end(Buffer.alloc(answerBytes));
  });
  onTestFinished(() => listener.close(0));
  const { port } = await listener.listen(0, "127.0.0.1");
  const connection = await openHttp2(port);
  connection.write(http2Frame(frameTypes.headers, endHeaders | endStream, 1, requestBlock("GET", "/reset")));
  connection.write(http2Frame(frameTypes.headers, endHeaders | endStream, 3, requestBlock("GET", "/other")));
  await until(() => asked.length === 2 && connection.received().length > 65_535, "the window is used up");
  connection.write(http2Frame(frameTypes.rstStream, 0, 1, Buffer.alloc(4)));
  await until(() => closed.length > 0, "a call has ended");
  await new Promise((resolve) => setTimeout(resolve, 2 * answerTimeoutMs));
  expect(closed).toEqual(["/reset"]);
  expect(connection.isClosed()).toBe(false);
});
