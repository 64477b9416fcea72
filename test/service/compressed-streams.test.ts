import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { startChangingServer } from "../contract/changing-server.ts";
import { httpVersions, send } from "../support/http-client.ts";
import { openStream } from "../support/open-stream.ts";
import { until } from "../support/until.ts";

const models = Array.from({ length: 500 }, (_, i) => ({ name: `model-${i}`, description: `The ${i}th of them` }));
const path = "/api/v1/models?watch=true";
const gzip = { "accept-encoding": "gzip, deflate, br" };

/** The request of a stream of Connect: one message in its envelope. */
function enveloped(message: object): Buffer {
  const json = Buffer.from(JSON.stringify(message));
  const envelope = Buffer.alloc(5);
  envelope.writeUInt32BE(json.length, 1);
  return Buffer.concat([envelope, json]);
}

describe.each(httpVersions)("a watch over HTTP/%s", (version) => {
  it("is compressed for who takes it, and each event can be read as it comes", async () => {
    const server = await startChangingServer({ models });
    const stream = await openStream(version, server.url, path, gzip);
    expect(stream.headers).toMatchObject({ "content-encoding": "gzip", vary: "accept-encoding" });
    await until(() => stream.text().includes("event: synced"));
    expect(stream.text().match(/event: added/g)).toHaveLength(models.length);
    for (const word of ["first", "second"]) {
      server.apply([{ name: "model-0", description: word }]);
      await until(() => stream.text().includes(`"description":"${word}"`));
    }
    server.stop();
    // A stream whose checksum or length were wrong would fail.
    await stream.ended;
  });

  it("is the same bytes without compression", async () => {
    const server = await startChangingServer({ models });
    const [plain, packed] = await Promise.all([
      openStream(version, server.url, path),
      openStream(version, server.url, path, gzip),
    ]);
    await until(() => [plain, packed].every((stream) => stream.text().includes("event: synced")));
    expect(packed.text()).toBe(plain.text());
    expect(plain.headers["content-encoding"]).toBeUndefined();
  });

  it("over Connect shrinks to a fraction", async () => {
    const server = await startChangingServer({ models });
    const watch = (headers: Readonly<Record<string, string>>) =>
      send(version, {
        url: server.url,
        path: "/kserve.registry.v1.ModelRegistry/WatchModels",
        headers: { "content-type": "application/connect+json", "connect-timeout-ms": "1500", ...headers },
        body: enveloped({}),
        encoding: "latin1",
      });
    const [plain, packed] = await Promise.all([watch({}), watch(gzip)]);
    const bytes = Buffer.from(packed.body, "latin1");
    expect(packed.headers["content-encoding"]).toBe("gzip");
    expect(gunzipSync(bytes).toString("latin1")).toBe(plain.body);
    // How much comes together depends on how busy the machine is.
    expect(bytes.length).toBeLessThan(plain.body.length / 4);
  });
});
