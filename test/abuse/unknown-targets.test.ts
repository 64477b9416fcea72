import { connect } from "node:http2";
import { describe, expect, it } from "vitest";
import { frame } from "../support/frame.ts";
import { httpVersions, jsonOf, send } from "../support/http-client.ts";
import { openRaw } from "../support/raw-connection.ts";
import { envelopedFormats, sendRpc, wireFormats } from "../support/raw-rpc.ts";
import { model } from "../support/running-service.ts";
import { abusedService } from "./abused-service.ts";

const abused = abusedService();
const predictPath = "/kserve.registry.v1.ModelRegistry/Predict";
const listPath = "/kserve.registry.v1.ModelRegistry/ListModels";

describe("an RPC that does not exist", () => {
  const paths = [
    "/kserve.registry.v1.ModelRegistry/Explain",
    "/kserve.registry.v2.ModelRegistry/Predict",
    "/x.Y/Z",
    "/",
    "/kserve.registry.v1.ModelRegistry/predict",
    `/${"a".repeat(5000)}/B`,
  ];

  it.each(envelopedFormats.flatMap((format) => paths.map((path) => ({ format, path, shown: path.slice(0, 50) }))))(
    "$shown is UNIMPLEMENTED over $format.name",
    async ({ format, path }) => {
      const answer = await sendRpc(format, { url: abused.service.url, path, body: frame(Buffer.alloc(0)) });
      expect(answer).toMatchObject({ code: "Unimplemented", httpStatus: 200 });
      expect(answer.message).toContain("unknown method");
    },
  );

  it("is answered by gRPC trailers alone: one frame of headers that ends the stream", async () => {
    const session = connect(abused.service.url);
    const stream = session.request({ ":method": "POST", ":path": "/x.Y/Z", "content-type": "application/grpc" });
    const events: string[] = [];
    let endedWithHead = false;
    stream.on("response", (head, flags) => {
      events.push(`response ${head[":status"]} ${head["grpc-status"]}`);
      endedWithHead = (flags & 0x1) === 0x1;
    });
    stream.on("trailers", () => events.push("trailers"));
    stream.resume().end(frame(Buffer.alloc(0)));
    await new Promise((resolve) => stream.once("close", resolve));
    session.destroy();
    expect([events, endedWithHead]).toEqual([["response 200 12"], true]);
  });

  it.each(httpVersions)("is 404 over Connect and HTTP/%s", async (version) => {
    const path = "/kserve.registry.v1.ModelRegistry/Explain";
    const headers = { "content-type": "application/json" };
    const response = await send(version, { url: abused.service.url, path, headers, body: "{}" });
    expect([response.status, jsonOf(response)]).toEqual([404, { error: expect.stringContaining("/openapi.json") }]);
  });
});

describe.each(httpVersions)("an RPC over HTTP/%s", (version) => {
  it.each([
    ["application/xml"],
    ["text/plain"],
    ["application/json; charset=utf-16"],
    ["application/connect+json"],
    ["application/connect+proto"],
    ["application/octet-stream"],
    ["application/__proto__"],
    [""],
  ])("of the content type %j is refused", async (type) => {
    const headers: Record<string, string> = type === "" ? {} : { "content-type": type };
    const { status } = await send(version, { url: abused.service.url, path: predictPath, headers, body: "{}" });
    expect(status).toBe(415);
  });

  it("that streams is refused as a unary call", async () => {
    const path = "/kserve.registry.v1.ModelRegistry/WatchModels";
    const headers = { "content-type": "application/json" };
    expect((await send(version, { url: abused.service.url, path, headers, body: "{}" })).status).toBe(415);
  });

  it.each([
    ["PUT", predictPath],
    ["DELETE", listPath],
    ["PATCH", predictPath],
    ["GET", predictPath],
    ["HEAD", listPath],
    ["OPTIONS", listPath],
  ])("is refused by %s %s", async (method, path) => {
    expect((await send(version, { url: abused.service.url, path, method })).status).toBe(405);
  });

  it.each([
    ["without a codec", "", 415],
    ["of an unknown codec", "encoding=xml&message={}", 415],
    ["of a message that is not JSON", "encoding=json&message=%7B", 400],
    ["of a broken escape", "encoding=json&message=%zz", 400],
    ["of a message that is not base64", "encoding=proto&base64=1&message=%21%21", 400],
    ["of a message that is not protobuf", "encoding=proto&base64=1&message=____", 400],
    ["of a compression that it has not", "encoding=json&compression=gzip&base64=1&message=AAAA", 400],
    ["of an unknown compression", "encoding=json&compression=snappy&message=%7B%7D", 501],
    ["of a misspelt field", "encoding=json&message=%7B%22namspace%22:1%7D", 400],
  ])("by GET %s is refused", async (_title, query, status) => {
    const response = await send(version, { url: abused.service.url, path: `${listPath}?${query}` });
    expect(response.status).toBe(status);
  });
});

describe.each(httpVersions)("REST over HTTP/%s", (version) => {
  it.each([
    ["DELETE", "/api/v1/models", 405, "GET, HEAD"],
    ["POST", `/api/v1/models/${model}`, 405, "GET, HEAD"],
    ["GET", `/api/v1/models/${model}/predict`, 405, "POST"],
    ["PUT", `/v1/models/${model}:predict`, 405, "POST"],
    ["POST", "/", 405, "GET, HEAD"],
    ["POST", "/metrics", 405, "GET, HEAD"],
  ])("refuses %s %s and says what is allowed", async (method, path, status, allow) => {
    const response = await send(version, { url: abused.service.url, path, method });
    expect([response.status, response.headers.allow]).toEqual([status, allow]);
    expect(response.headers["x-error-reason"]).toBe("INVALID_REQUEST");
  });

  it.each(["/.env", "/wp-login.php", "//", "/api/v1/models/", "/readyz/x", "/%00"])(
    "has nothing under %s",
    async (path) => {
      const { status, headers } = await send(version, { url: abused.service.url, path });
      expect([400, 404]).toContain(status);
      expect(headers["x-error-reason"]).toBe("INVALID_REQUEST");
    },
  );

  it.each([
    [{ "content-type": "application/xml" }],
    [{ "content-type": "application/json; charset=utf-16" }],
    [{ "content-encoding": "zstd" }],
  ])("does not take a body with %j, and says why", async (headers) => {
    const path = `/v1/models/${model}:predict`;
    const response = await send(version, { url: abused.service.url, path, headers, body: "{}" });
    expect([response.status, response.headers["x-error-reason"]]).toEqual([415, "INVALID_REQUEST"]);
  });

  it("answers HEAD with the head of GET", async () => {
    const get = await send(version, { url: abused.service.url, path: "/livez" });
    const head = await send(version, { url: abused.service.url, path: "/livez", method: "HEAD" });
    expect([head.status, head.headers["content-length"], head.body]).toEqual([200, get.headers["content-length"], ""]);
  });
});

describe("an HTTP/1.1 request", () => {
  it.each<[string, string, RegExp]>([
    [
      "of reflection, which needs HTTP/2",
      "POST /grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
      /^HTTP\/1\.1 505 /,
    ],
    ["of CONNECT", "CONNECT evil.example:80", /^$|^HTTP\/1\.1 4\d\d /],
    ["of TRACE", "TRACE /kserve.registry.v1.ModelRegistry/Predict", /^HTTP\/1\.1 405 /],
    ["of no known method", "HACK /livez", /^HTTP\/1\.1 400 /],
  ])("%s is refused", async (_title, line, answer) => {
    const connection = await openRaw(abused.service.port);
    connection.write(
      `${line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/grpc\r\ncontent-length: 0\r\n\r\n`,
    );
    expect(await connection.closed()).toMatch(answer);
  });

  it.each(["h2c", "websocket"])("that asks to go on as %s goes on as it is", async (protocol) => {
    const connection = await openRaw(abused.service.port);
    connection.write(`GET /livez HTTP/1.1\r\nhost: x\r\nconnection: upgrade, close\r\nupgrade: ${protocol}\r\n\r\n`);
    await connection.receives('{"status":"alive"}');
    connection.destroy();
  });
});

describe("a gRPC request of a method", () => {
  it.each(wireFormats.filter(({ protocol }) => protocol === "grpc"))("by PUT is refused over $name", async (format) => {
    const session = connect(abused.service.url);
    const stream = session.request({ ":method": "PUT", ":path": predictPath, "content-type": format.contentType });
    const status = await new Promise((resolve) => stream.once("response", (head) => resolve(head[":status"])));
    session.destroy();
    expect(status).toBe(405);
  });
});
