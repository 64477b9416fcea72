import { expect, it, onTestFinished } from "vitest";
import { takes } from "../../src/listen/connection-memory.ts";
import { createListener } from "../../src/listen/listener.ts";
import { endHeaders, endStream, frameTypes, http2Frame } from "../support/http2-frames.ts";
import { openRaw, type RawConnection } from "../support/raw-connection.ts";
import { answered, openHttp2, requestBlock } from "../support/raw-http2.ts";
import { until } from "../support/until.ts";

/** A listener with memory for so much, which answers all but `/held`. */
async function started(maxConnectionBytes: number): Promise<number> {
  const listener = createListener({ maxConnectionBytes }, (request, response) => {
    if (request.url !== "/held") response.end("answered");
  });
  const { port } = await listener.listen(0, "127.0.0.1");
  onTestFinished(() => listener.close(0));
  return port;
}

async function kept<C extends RawConnection>(opening: Promise<C>): Promise<C> {
  const connection = await opening;
  onTestFinished(() => connection.destroy());
  return connection;
}

const refusedStream = 7;
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`;
const head = (path: string, stream: number): Buffer =>
  http2Frame(frameTypes.headers, endHeaders | endStream, stream, requestBlock("GET", path));

it("calls over HTTP/1.1 beyond it are refused, and get in when others have ended", async () => {
  // Connections may take three quarters of it, which are more than these.
  const port = await started(2 * takes.http1Call + 3 * takes.connection);
  const all = [await kept(openRaw(port)), await kept(openRaw(port)), await kept(openRaw(port))];
  for (const one of all) one.write(get("/held"));
  expect(await Promise.race(all.map((one) => one.closed()))).toMatch(
    /^HTTP\/1\.1 503 .*x-error-reason: SERVER_OVERLOADED.*too much memory/is,
  );
  all.find((one) => !one.isClosed())!.destroy();
  await until(async () => {
    const again = await kept(openRaw(port));
    again.write(get("/other"));
    return (await again.closed()).includes("answered");
  });
});

it("connections beyond three quarters of it are for probes alone", async () => {
  const port = await started(4 * takes.connection + takes.http1Call);
  for (let i = 0; i < 9; i++) await kept(openRaw(port));
  const [other, probe] = [await kept(openRaw(port)), await kept(openRaw(port))];
  other.write(get("/other"));
  probe.write(get("/livez"));
  expect([await other.closed(), await probe.closed()]).toEqual(["", expect.stringContaining("answered")]);
});

it("sessions of HTTP/2 beyond three quarters of it are closed", async () => {
  const port = await started((4 / 3) * (2 * takes.connection + takes.session));
  const first = await kept(openHttp2(port));
  first.write(head("/other", 1));
  await until(() => answered(first, 1));
  const second = await kept(openHttp2(port));
  second.write(head("/other", 1));
  await second.closed();
});

it("calls over HTTP/2 beyond it are refused, unprocessed", async () => {
  const port = await started(4 * (takes.connection + takes.session));
  const connection = await kept(openHttp2(port));
  const streams = Array.from({ length: 10 }, (_, i) => 2 * i + 1);
  for (const stream of streams) connection.write(head("/held", stream));
  await until(() => streams.some((stream) => connection.resetOf(stream) !== undefined));
  expect(streams.map((stream) => connection.resetOf(stream)).filter(Boolean)).toEqual(
    expect.arrayContaining([refusedStream]),
  );
});
