import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { httpVersions, send } from "../support/http-client.ts";
import { startRegistry } from "../support/running-service.ts";

const large = "/openapi.json";
const small = "/livez";

describe.each(httpVersions)("an answer over HTTP/%s", (version) => {
  it.each([
    ["gzip", true],
    ["br;q=1.0, gzip;q=0.5", true],
    ["*", true],
    ["GZIP", true],
    ["gzip;q=0", false],
    ["gzip; q=0.000", false],
    ["br, deflate", false],
    ["identity", false],
    ["", false],
  ])("to accept-encoding %j is compressed: %s", async (accepted, isCompressed) => {
    const { url } = await startRegistry();
    const plain = await send(version, { url, path: large });
    const headers = { "accept-encoding": accepted };
    const answer = await send(version, { url, path: large, headers, encoding: "latin1" });
    expect(answer.status).toBe(200);
    expect(answer.headers["content-encoding"]).toBe(isCompressed ? "gzip" : undefined);
    const bytes = Buffer.from(answer.body, "latin1");
    expect(Number(answer.headers["content-length"])).toBe(bytes.length);
    expect((isCompressed ? gunzipSync(bytes) : bytes).toString()).toBe(plain.body);
    if (isCompressed)
      expect([answer.headers.vary, bytes.length < plain.body.length / 4]).toEqual(["accept-encoding", true]);
  });

  it("that is small is sent uncompressed", async () => {
    const { url } = await startRegistry();
    const answer = await send(version, { url, path: small, headers: { "accept-encoding": "gzip" } });
    expect([answer.body, answer.headers["content-encoding"]]).toEqual(['{"status":"alive"}', undefined]);
  });

  it("to HEAD says how long it is uncompressed", async () => {
    const { url } = await startRegistry();
    const plain = await send(version, { url, path: large });
    const head = await send(version, { url, path: large, method: "HEAD", headers: { "accept-encoding": "gzip" } });
    expect([head.body, head.headers["content-length"]]).toEqual(["", String(Buffer.byteLength(plain.body))]);
  });
});
