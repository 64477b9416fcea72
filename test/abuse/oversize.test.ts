import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { frame } from "../support/frame.ts";
import { httpVersions, send } from "../support/http-client.ts";
import { envelopedFormats, jsonFormats, sendRpc, wireFormats } from "../support/raw-rpc.ts";
import { model } from "../support/running-service.ts";
import { abusedService } from "./abused-service.ts";
import { uploadUntilEnded } from "./endless-upload.ts";

const MiB = 1024 * 1024;
const abused = abusedService({ env: { MAX_REQUEST_SIZE: "1MiB" } });
const path = "/kserve.registry.v1.ModelRegistry/Predict";
const tooLarge = /larger than 1048576 bytes/;

/** What the process may grow by: a few requests of the limit and what the collector has not taken yet. */
const maxGrowthBytes = 96 * MiB;

async function expectNoGrowth(act: () => Promise<void>): Promise<void> {
  const before = await abused.service.metric("process_resident_memory_bytes");
  await act();
  const after = await abused.service.metric("process_resident_memory_bytes");
  expect(after - before).toBeLessThan(maxGrowthBytes);
}

describe.each(wireFormats)("an upload without end over $name", (format) => {
  const enveloped = format.protocol !== "connect";
  const begin = enveloped ? { begin: frame(Buffer.alloc(0), 0, 0x7fffffff) } : {};

  it("is answered and ended", async () => {
    await expectNoGrowth(async () => {
      const { answer, tookMs } = await uploadUntilEnded(format.httpVersion, {
        port: abused.service.port,
        path,
        contentType: format.contentType,
        ...begin,
      });
      expect(answer).toMatch(enveloped ? /grpc-status: 8/ : /"code":"resource_exhausted"/);
      expect(answer.replaceAll("%20", " ")).toMatch(tooLarge);
      expect(tookMs).toBeLessThan(5000);
    });
  });
});

describe.each(httpVersions)("an upload without end over REST and HTTP/%s", (version) => {
  it.each([
    ["that says how long it is", { contentLength: 2 ** 40 }],
    ["that does not say how long it is", {}],
  ])("%s is answered and ended", async (_title, length) => {
    await expectNoGrowth(async () => {
      const { answer, tookMs } = await uploadUntilEnded(version, {
        port: abused.service.port,
        path: `/v1/models/${model}:predict`,
        contentType: "application/json",
        ...length,
      });
      expect(answer).toMatch(version === "2" ? /:status: 413/ : /^HTTP\/1\.1 413 /);
      expect(answer).toMatch(tooLarge);
      expect(tookMs).toBeLessThan(5000);
    });
  });

  it.each([
    ["of a model that does not exist", "/v1/models/no-such-model:predict", 404],
    ["to a path that does not exist", "/nothing/here", 404],
    ["to a path that takes no body", "/livez", 405],
  ])("%s is answered and ended", async (_title, target, status) => {
    const { answer, tookMs } = await uploadUntilEnded(version, {
      port: abused.service.port,
      path: target,
      contentType: "application/json",
    });
    expect(answer).toMatch(version === "2" ? `:status: ${status}` : `HTTP/1.1 ${status} `);
    expect(tookMs).toBeLessThan(5000);
  });
});

describe("a message", () => {
  it.each(httpVersions)("of just the limit is taken, over REST and HTTP/%s", async (version) => {
    const request = { url: abused.service.url, path: `/v1/models/${model}:predict` };
    const head = '{"instances":[[1]]';
    const body = `${head}${" ".repeat(MiB - head.length - 1)}}`;
    expect((await send(version, { ...request, body })).status).toBe(200);
    expect((await send(version, { ...request, body: ` ${body}` })).status).toBe(413);
  });

  it.each(jsonFormats)("of just the limit is taken, over $name", async (format) => {
    const head = `{"name":"${model}","instances":[[1]]`;
    const body = `${head}${" ".repeat(MiB - head.length - 1)}}`;
    expect((await sendRpc(format, { url: abused.service.url, path, body })).code).toBe("ok");
    expect(await sendRpc(format, { url: abused.service.url, path, body: ` ${body}` })).toMatchObject({
      code: "ResourceExhausted",
      reason: "REQUEST_TOO_LARGE",
    });
  });
});

/** 64 MiB of white space in 64 KiB. */
const bomb = gzipSync(Buffer.alloc(64 * MiB, 0x20));

describe("a gzip bomb", () => {
  it.each(wireFormats.filter(({ protocol }) => protocol === "connect"))("is refused over $name", async (format) => {
    await expectNoGrowth(async () => {
      const headers = { "content-encoding": "gzip" };
      expect(await sendRpc(format, { url: abused.service.url, path, body: bomb, headers })).toMatchObject({
        code: "ResourceExhausted",
        reason: "REQUEST_TOO_LARGE",
      });
    });
  });

  it.each(envelopedFormats)("is refused over $name", async (format) => {
    await expectNoGrowth(async () => {
      const headers = { "grpc-encoding": "gzip" };
      const body = frame(bomb, 1);
      expect(await sendRpc(format, { url: abused.service.url, path, body, headers })).toMatchObject({
        code: "ResourceExhausted",
        reason: "REQUEST_TOO_LARGE",
      });
    });
  });

  it.each(httpVersions)("is refused over REST and HTTP/%s", async (version) => {
    await expectNoGrowth(async () => {
      const { status, body } = await send(version, {
        url: abused.service.url,
        path: `/v1/models/${model}:predict`,
        headers: { "content-encoding": "gzip" },
        body: bomb,
      });
      expect([status, body]).toEqual([413, expect.stringMatching(tooLarge)]);
    });
  });
});
