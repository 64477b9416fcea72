import { expect, it } from "vitest";
import { frame } from "../support/frame.ts";
import { send } from "../support/http-client.ts";
import { endHeaders, endStream, frameTypes, http2Frame } from "../support/http2-frames.ts";
import { openRaw, type RawConnection } from "../support/raw-connection.ts";
import { openHttp2, requestBlock } from "../support/raw-http2.ts";
import { until } from "../support/until.ts";
import { bearer, startGuarded } from "./support/guarded-service.ts";

const body = frame(Buffer.from("{}"));
const begins = "HTTP/1.1 200";

/** Watches the health of the server over a connection of its own. */
async function watch(port: number, headers: Readonly<Record<string, string>> = {}): Promise<RawConnection> {
  const connection = await openRaw(port);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  connection.write(
    `POST /grpc.health.v1.Health/Watch HTTP/1.1\r\nhost: x\r\ncontent-type: application/connect+json\r\n${lines.join("")}content-length: ${body.length}\r\n\r\n`,
  );
  connection.write(body);
  await until(() => connection.isClosed() || connection.received().startsWith(begins), "the watch begins or ends");
  return connection;
}

it("no more calls without credentials than MAX_ANONYMOUS_CALLS are under way, while those with a token and probes get in", async () => {
  const { url, issuer } = await startGuarded({ MAX_ANONYMOUS_CALLS: "2" });
  const port = Number(new URL(url).port);
  const token = bearer(await issuer.token({ models: ["mine"] }));
  const anonymous = [await watch(port), await watch(port), await watch(port)];
  const known = [await watch(port, token), await watch(port, token), await watch(port, token)];
  expect(anonymous.map((one) => one.isClosed())).toEqual([false, false, true]);
  expect(known.map((one) => one.isClosed())).toEqual([false, false, false]);
  // A probe is not a stream: the watch that began first makes room for it.
  expect((await send("1.1", { url, path: "/livez" })).status).toBe(200);
  await until(() => anonymous[0]!.isClosed(), "the first watch is broken off");
  expect(anonymous[1]!.isClosed()).toBe(false);
  for (const one of [...anonymous, ...known]) one.destroy();
});

it("a connection whose call was ended for others begins no more calls, and finishes those that it has", async () => {
  const { url } = await startGuarded({ MAX_ANONYMOUS_CALLS: "20", ANSWER_TIMEOUT: "1s" });
  const noWindow = http2Frame(frameTypes.settings, 0, 0, Buffer.from([0, 4, 0, 0, 0, 0]));
  const block = requestBlock("GET", "/metrics");
  const connection = await openHttp2(Number(new URL(url).port));
  const asked = Array.from({ length: 500 }, (_, i) =>
    http2Frame(frameTypes.headers, endHeaders | endStream, 2 * i + 1, block),
  );
  connection.write(Buffer.concat([noWindow, ...asked]));
  await until(() => connection.goaways().length > 0, "the connection is asked to go");
  await until(() => connection.isClosed(), "the connection is closed after its calls");
  const heads = connection.frames().filter(({ type }) => type === frameTypes.headers);
  // Heads that were read in one piece with the last that is let in may begin, too.
  expect(heads.length).toBeLessThan(120);
});
