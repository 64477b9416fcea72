import { describe, expect, it } from "vitest";
import { frame } from "../support/frame.ts";
import { httpVersions, send } from "../support/http-client.ts";
import { jsonFormats, sendRpc, wireFormats } from "../support/raw-rpc.ts";
import { model } from "../support/running-service.ts";
import { abusedService } from "./abused-service.ts";
import { uploadUntilEnded } from "./endless-upload.ts";

const MiB = 1024 * 1024;
const abused = abusedService({ env: { MAX_REQUEST_SIZE: "1MiB" } });
const path = "/kserve.registry.v1.ModelRegistry/Predict";
const tooLarge = /larger than 1048576 bytes/;

describe.each(wireFormats)("an upload without end over $name", (format) => {
  const enveloped = format.protocol !== "connect";
  const begin = enveloped ? { begin: frame(Buffer.alloc(0), 0, 0x7fffffff) } : {};

  it("is answered and ended", async () => {
    const answer = await uploadUntilEnded(format.httpVersion, {
      port: abused.service.port,
      path,
      contentType: format.contentType,
      ...begin,
    });
    expect(answer).toMatch(enveloped ? /grpc-status: 8/ : /"code":"resource_exhausted"/);
    expect(answer.replaceAll("%20", " ")).toMatch(tooLarge);
  });
});

describe.each(httpVersions)("an upload without end over REST and HTTP/%s", (version) => {
  it.each([
    ["that says how long it is", { contentLength: 2 ** 40 }],
    ["that does not say how long it is", {}],
  ])("%s is answered and ended", async (_title, length) => {
    const answer = await uploadUntilEnded(version, {
      port: abused.service.port,
      path: `/v1/models/${model}:predict`,
      contentType: "application/json",
      ...length,
    });
    expect(answer).toMatch(version === "2" ? /:status: 413/ : /^HTTP\/1\.1 413 /);
    expect(answer).toMatch(tooLarge);
  });

  it.each([
    ["of a model that does not exist", "/v1/models/no-such-model:predict", 404],
    ["to a path that does not exist", "/nothing/here", 404],
    ["to a path that takes no body", "/livez", 405],
  ])("%s is answered and ended", async (_title, target, status) => {
    const answer = await uploadUntilEnded(version, {
      port: abused.service.port,
      path: target,
      contentType: "application/json",
    });
    expect(answer).toMatch(version === "2" ? `:status: ${status}` : `HTTP/1.1 ${status} `);
  });
});

describe("a message", () => {
  it.each(httpVersions)("of just the limit is taken, over REST and HTTP/%s", async (version) => {
    const request = { url: abused.service.url, path: `/v1/models/${model}:predict` };
    // More than 256 KiB of white space in one place would be refused.
    const head = `{"instances":[${"[1],".repeat(200_000)}[1]]`;
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
