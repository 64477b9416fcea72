import { text } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import type { Http1Response, RequestHandler } from "../../../src/api/http.ts";
import type { ListenerOptions } from "../../../src/listen/listener.ts";
import { createListener } from "../../../src/listen/listener.ts";
import { openRaw, type RawConnection } from "../../support/raw-connection.ts";
import { until } from "../../support/until.ts";

/** A listener whose answers to `/slow` are given by the test. */
async function started(options: ListenerOptions = {}): Promise<{
  readonly begun: string[];
  readonly slow: Http1Response[];
  open(): Promise<RawConnection>;
}> {
  const begun: string[] = [];
  const slow: Http1Response[] = [];
  const handler: RequestHandler = (request, response) => {
    begun.push(request.url!);
    if (request.url === "/last") response.setHeader("connection", "close");
    if (request.url === "/slow") slow.push(response as Http1Response);
    else void text(request).then((body) => response.end(`got ${request.url} ${body}`));
  };
  const listener = createListener(options, handler);
  const { port } = await listener.listen(0, "127.0.0.1");
  onTestFinished(() => listener.close(0));
  return {
    begun,
    slow,
    async open() {
      const connection = await openRaw(port);
      onTestFinished(() => connection.destroy());
      return connection;
    },
  };
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`;
const post = (path: string, body: string): string =>
  `POST ${path} HTTP/1.1\r\nhost: a\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
const answers = (connection: RawConnection): string[] =>
  [...connection.received().matchAll(/got (\/\d+ \d*)/g)].map(([, got]) => got!);

it.each([
  ["on a new connection", false],
  ["on a kept connection", true],
])("a request behind another one begins when the answer to that is out, %s", async (_title, kept) => {
  const { begun, slow, open } = await started();
  const connection = await open();
  if (kept) {
    connection.write(get("/0"));
    await until(() => answers(connection).length === 1);
  }
  connection.write(get("/slow") + get("/1") + post("/2", "123") + get("/3"));
  await until(() => slow.length === 1);
  const other = await open();
  other.write(get("/4"));
  await until(() => answers(other).length === 1);
  expect(begun.filter((path) => path !== "/0")).toEqual(["/slow", "/4"]);
  slow[0]!.end("slow");
  await until(() => answers(connection).length === (kept ? 4 : 3));
  expect(begun.filter((path) => path !== "/0")).toEqual(["/slow", "/4", "/1", "/2", "/3"]);
  expect(answers(connection).slice(-3)).toEqual(["/1 ", "/2 123", "/3 "]);
});

it("while one waits no more are read, and all of them are answered", async () => {
  const { slow, open } = await started();
  const count = 10_000;
  const connection = await open();
  connection.write(get("/slow") + Array.from({ length: count }, (_, i) => post(`/${i}`, "1")).join(""));
  await until(() => slow.length === 1);
  const other = await open();
  for (let i = 0; i < 20; i++) {
    other.write(get(`/${i}`));
    await until(() => answers(other).length === i + 1);
  }
  // What the system reads at a time is 64 KiB.
  expect(slow[0]!.req.socket.bytesRead).toBeLessThanOrEqual(64 * 1024);
  slow[0]!.end("slow");
  await until(() => connection.received().split("HTTP/1.1 200").length === count + 2, "every answer", 30_000);
  expect(answers(connection)).toEqual(Array.from({ length: count }, (_, i) => `/${i} 1`));
}, 60_000);

it("behind the last answer of a connection nothing begins", async () => {
  const { begun, open } = await started();
  const connection = await open();
  connection.write(get("/1") + get("/last") + post("/2", "not to be done"));
  expect(await connection.closed()).toContain("got /last");
  expect(begun).toEqual(["/1", "/last"]);
});

it("what waits on a connection that goes never begins, and makes room for others", async () => {
  const { begun, slow, open } = await started({ maxCalls: 40 });
  for (let i = 1; i <= 3; i++) {
    const connection = await open();
    connection.write(get("/slow") + get("/1").repeat(18));
    await until(() => slow.length === i);
    connection.destroy();
    await until(() => slow[i - 1]!.destroyed);
  }
  const connection = await open();
  connection.write(get("/2") + get("/3").repeat(18));
  await until(() => answers(connection).length === 19);
  expect(begun.filter((path) => path === "/1")).toEqual([]);
});
