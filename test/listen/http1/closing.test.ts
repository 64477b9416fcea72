import { expect, it, onTestFinished } from "vitest";
import type { Http1Response } from "../../../src/api/http.ts";
import { createListener } from "../../../src/listen/listener.ts";
import { openRaw } from "../../support/raw-connection.ts";
import { until } from "../../support/until.ts";

async function started() {
  const slow: Http1Response[] = [];
  const listener = createListener({}, (request, response) => {
    if (request.url === "/slow") slow.push(response as Http1Response);
    else {
      const untilMs = performance.now() + (request.url === "/busy" ? 1 : 0);
      while (performance.now() < untilMs);
      response.end("got it");
    }
  });
  const { port } = await listener.listen(0, "127.0.0.1");
  const connection = await openRaw(port);
  onTestFinished(async () => {
    connection.destroy();
    await listener.close(0);
  });
  return { slow, listener, connection, port };
}

it("an answer that goes out while the listener closes is said to be the last of its connection, and is", async () => {
  const { slow, listener, connection } = await started();
  connection.write("GET /slow HTTP/1.1\r\nhost: a\r\n\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n");
  await until(() => slow.length === 1);
  const closed = listener.close(10_000);
  slow[0]!.end("slow");
  const received = await connection.closed();
  await closed;
  expect(received).toMatch(/^HTTP\/1\.1 200 OK\r\n.*Connection: close\r\n.*slow$/s);
});

it.each([
  ["nothing", ""],
  ["half a line break", "\r"],
])("with %s behind its last answer a connection does not keep the listener from closing", async (_title, behind) => {
  const { listener, connection } = await started();
  connection.write(`GET / HTTP/1.1\r\nhost: a\r\n\r\n${behind}`);
  await connection.receives("got it");
  const before = performance.now();
  await listener.close(10_000);
  expect(performance.now() - before).toBeLessThan(5000);
});

it("requests of clients that have ended their side are answered, however many come at once", async () => {
  const { port } = await started();
  const clients = await Promise.all(Array.from({ length: 50 }, () => openRaw(port)));
  for (const client of clients) {
    client.write("GET /busy HTTP/1.1\r\nhost: a\r\n\r\n");
    client.halfClose();
  }
  for (const client of clients) expect(await client.closed()).toMatch(/^HTTP\/1\.1 200 OK\r\n.*got it$/s);
});
