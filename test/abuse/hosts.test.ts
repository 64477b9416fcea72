import { connect } from "node:http2";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FakeUpstream, startFakeUpstream } from "../support/fake-upstream.ts";
import { openRaw } from "../support/raw-connection.ts";
import { model } from "../support/running-service.ts";
import { abusedService } from "./abused-service.ts";

const abused = abusedService();
let elsewhere: FakeUpstream;

beforeAll(async () => {
  elsewhere = await startFakeUpstream();
});

afterAll(() => elsewhere.close());

const rpcPath = "/kserve.registry.v1.ModelRegistry/Predict";
const rpcBody = `{"name":"${model}","instances":[[1]]}`;
const restPath = `/v1/models/${model}:predict`;
const restBody = '{"instances":[[1]]}';

/** Sends one request by hand, with whatever host it names, and gives the answer. */
async function ask(request: {
  target: string;
  body: string;
  version?: string;
  headers: readonly string[];
}): Promise<string> {
  const { target, body, version = "1.1", headers } = request;
  const connection = await openRaw(abused.service.port);
  const head = [`POST ${target} HTTP/${version}`, ...headers, "content-type: application/json", "connection: close"];
  connection.write(`${head.join("\r\n")}\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  return connection.closed();
}

describe.each([
  ["an RPC", rpcPath, rpcBody],
  ["a REST request", restPath, restBody],
])("%s", (_title, path, body) => {
  it.each<[string, () => { target: string; version?: string; headers: string[] }]>([
    ["names another host", () => ({ target: path, headers: [`host: ${new URL(elsewhere.url).host}`] })],
    ["names a host with a port beyond ports", () => ({ target: path, headers: ["host: a:99999"] })],
    ["names an IPv6 address", () => ({ target: path, headers: ["host: [::1]:8080"] })],
    ["names an empty host", () => ({ target: path, headers: ["host:"] })],
    ["names no host, in HTTP/1.0", () => ({ target: path, version: "1.0", headers: [] })],
    ["names another host in its target", () => ({ target: `${elsewhere.url}${path}`, headers: ["host: x"] })],
    [
      "names other hosts in every header for it",
      () => {
        const { host } = new URL(elsewhere.url);
        return {
          target: path,
          headers: [
            "host: x",
            `x-forwarded-host: ${host}`,
            `forwarded: host=${host}`,
            `x-original-url: ${elsewhere.url}`,
          ],
        };
      },
    ],
  ])("that %s goes to the registered address", async (_case, request) => {
    const seen = abused.service.upstream.predictions.length;
    expect(await ask({ ...request(), body })).toMatch(/^HTTP\/1\.1 200 /);
    expect(abused.service.upstream.predictions).toHaveLength(seen + 1);
    expect(`http://${abused.service.upstream.predictions[seen]?.headers.host}`).toBe(abused.service.upstream.url);
    expect(elsewhere.connections()).toBe(0);
  });

  it.each([
    ["no host", []],
    ["a host with a space", ["host: a b"]],
    ["half an IPv6 address", ["host: [::"]],
    ["a name in the brackets of an IPv6 address", ["host: [evil.example]"]],
    ["a host with a user", ["host: user:secret@evil.example"]],
    ["two hosts", ["host: x", "host: evil.example"]],
    ["the same host twice", ["host: x", "Host: x"]],
  ])("that names %s is refused, in HTTP/1.1", async (_case, headers) => {
    const seen = abused.service.upstream.predictions.length;
    expect(await ask({ target: path, headers, body })).toMatch(/^HTTP\/1\.1 400 /);
    expect(abused.service.upstream.predictions).toHaveLength(seen);
  });

  it.each(["gzip, chunked", "chunked, chunked", "identity, chunked"])(
    "that is sent as %s is refused",
    async (encoding) => {
      const connection = await openRaw(abused.service.port);
      connection.write(
        `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: ${encoding}\r\n\r\n0\r\n\r\n`,
      );
      expect(await connection.closed()).toMatch(/^HTTP\/1\.1 (501|400) /);
    },
  );

  it.each<[string, Record<string, string>, number | string]>([
    ["names another host", { ":authority": "evil.example" }, 200],
    ["names another host beside", { host: "evil.example" }, 200],
    ["names a malformed host", { ":authority": "a b" }, "ERR_HTTP2_STREAM_ERROR"],
    ["names an IPv6 address", { ":authority": "[::1]:8080" }, 200],
    ["names an empty host", { ":authority": "" }, "ERR_HTTP2_STREAM_ERROR"],
  ])("that %s gets nowhere else, in HTTP/2", async (_case, headers, outcome) => {
    const session = connect(abused.service.url);
    const stream = session.request({
      ":method": "POST",
      ":path": path,
      "content-type": "application/json",
      ...headers,
    });
    const answered = new Promise((resolve) => {
      stream.once("response", (head) => resolve(head[":status"]));
      stream.once("error", (error: Error & { code: string }) => resolve(error.code));
    });
    stream.resume().end(body);
    expect(await answered).toBe(outcome);
    session.destroy();
    expect(elsewhere.connections()).toBe(0);
  });
});
