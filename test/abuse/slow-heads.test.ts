import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { createListener } from "../../src/listen/listener.ts";
import { endHeaders, endStream, frameTypes, http2Frame } from "../support/http2-frames.ts";
import { expectNoSockets } from "../support/open-sockets.ts";
import { openRaw } from "../support/raw-connection.ts";
import { answered, openHttp2, requestBlock } from "../support/raw-http2.ts";
import { until } from "../support/until.ts";

const briefMs = 300;

/** A listener with a short time for heads, in milliseconds, that answers every request with its version of HTTP. */
async function listenBriefly(headersTimeoutMs = briefMs): Promise<number> {
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
    const port = await listenBriefly();
    const startedMs = performance.now();
    const connection = await openRaw(port);
    connection.write(bytes);
    expect(await connection.closed(10_000)).toMatch(answer);
    // Whatever keeps this process from its work only makes it longer.
    expect(performance.now() - startedMs).toBeGreaterThan(briefMs - 10);
  });

  it("that comes drop by drop is not waited for any longer", async () => {
    const connection = await openRaw(await listenBriefly());
    connection.write("GET / HTTP/1.1\r\nhost: x\r\n");
    const drops = setInterval(() => connection.write("x: y\r\n"), 20);
    expect(await connection.closed(10_000).finally(() => clearInterval(drops))).toMatch(/^HTTP\/1\.1 408 /);
  });

  it("that does not show its version of HTTP for long has no more time for its rest", async () => {
    const limitMs = 1000;
    const connection = await openRaw(await listenBriefly(limitMs));
    const openedMs = performance.now();
    connection.write("P");
    await sleep(0.9 * limitMs);
    connection.write("OST / HTTP/1.1\r\nhost: x\r\n");
    expect(await connection.closed(10_000)).toMatch(/^HTTP\/1\.1 408 /);
    // Times are looked at four times in that time. With as much again for the rest it would be 1.9 times.
    expect(performance.now() - openedMs).toBeLessThan(1.7 * limitMs);
  });

  it("that is complete leaves its body all the time it needs", async () => {
    const connection = await openRaw(await listenBriefly());
    connection.write("POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 2\r\n\r\n");
    await sleep(2 * briefMs);
    connection.write("{}");
    expect(await connection.closed()).toMatch(/^HTTP\/1\.1 200 /);
  });

  it("that begins over HTTP/2 and is not completed is waited for so long and no longer", async () => {
    const connection = await openHttp2(await listenBriefly());
    // The first is complete: a session that has had calls is waited for no longer than one that has not.
    connection.write(http2Frame(frameTypes.headers, endHeaders | endStream, 1, requestBlock("GET", "/")));
    await until(() => answered(connection, 1), "an answer");
    connection.write(http2Frame(frameTypes.headers, endStream, 3, requestBlock("GET", "/")));
    await connection.closed(10_000);
  });

  it("that is complete leaves an HTTP/2 session open", async () => {
    const connection = await openHttp2(await listenBriefly());
    connection.write(http2Frame(frameTypes.headers, endHeaders | endStream, 1, requestBlock("GET", "/")));
    await sleep(4 * briefMs);
    expect(connection.isClosed()).toBe(false);
    connection.destroy();
  });
});
