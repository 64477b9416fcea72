import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { createListener } from "../../src/listen/listener.ts";
import { expectNoSockets } from "../support/open-sockets.ts";
import { openRaw } from "../support/raw-connection.ts";

const headersTimeoutMs = 300;

/** A listener with a short time for heads, that answers every request with its version of HTTP. */
async function listenBriefly(): Promise<number> {
  const listener = createListener({ headersTimeoutMs }, (request, response) => response.end(request.httpVersion));
  const { port } = await listener.listen(0, "127.0.0.1");
  onTestFinished(async () => {
    await listener.close(500);
    await expectNoSockets();
  });
  return port;
}

describe("the head of a request", () => {
  it.each([
    ["never comes", "", /^$/],
    ["stops in its method", "P", /^$/],
    ["stops in the preface of HTTP/2", "PRI * HTTP/2.0\r\n", /^$/],
    ["stops in its headers", "GET / HTTP/1.1\r\nhost: x\r\n", /^HTTP\/1\.1 408 /],
  ])("that %s is waited for so long and no longer", async (_title, bytes, answer) => {
    const connection = await openRaw(await listenBriefly());
    connection.write(bytes);
    await sleep(headersTimeoutMs - 150);
    expect(connection.isClosed()).toBe(false);
    expect(await connection.closed(2000)).toMatch(answer);
  });

  it("that comes drop by drop is not waited for any longer", async () => {
    const connection = await openRaw(await listenBriefly());
    const started = performance.now();
    connection.write("GET / HTTP/1.1\r\nhost: x\r\n");
    while (!connection.isClosed() && performance.now() - started < 3000) {
      connection.write("x: y\r\n");
      await sleep(20);
    }
    expect(performance.now() - started).toBeLessThan(2000);
    expect(connection.received()).toMatch(/^HTTP\/1\.1 408 /);
  });

  it("that is complete leaves its body all the time it needs", async () => {
    const connection = await openRaw(await listenBriefly());
    connection.write("POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 2\r\n\r\n");
    await sleep(2 * headersTimeoutMs);
    connection.write("{}");
    expect(await connection.closed()).toMatch(/^HTTP\/1\.1 200 /);
  });
});
