import { connect } from "node:http2";
import { setTimeout as sleep } from "node:timers/promises";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { create, toBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { PredictRequestSchema } from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import { rows } from "../support/clients.ts";
import { frame } from "../support/frame.ts";
import { send } from "../support/http-client.ts";
import { envelopedFormats, sendRpc, wireFormats } from "../support/raw-rpc.ts";
import { model } from "../support/running-service.ts";
import { until } from "../support/until.ts";
import { abusedService } from "./abused-service.ts";

const abused = abusedService({
  // The gRPC protocol has it that a compressed message without a named compression is INTERNAL.
  expectedWarnings: ({ outcome, method }) => outcome === "internal" && String(method).endsWith("/Predict"),
});
const path = "/kserve.registry.v1.ModelRegistry/Predict";
const good = toBinary(PredictRequestSchema, create(PredictRequestSchema, rows(model, [1])));
const brokenCompressions = [
  { encoding: "gzip", body: gzipSync(good).subarray(0, -10) },
  { encoding: "gzip", body: gzipSync(good).subarray(5) },
  { encoding: "br", body: Buffer.alloc(5) },
  { encoding: "br", body: brotliCompressSync(good).subarray(0, -2) },
];

describe.each(envelopedFormats)("a frame over $name", (format) => {
  it.each<[string, Uint8Array, string]>([
    ["that is cut within its head", Buffer.from([0, 0, 0]), "InvalidArgument"],
    ["that is cut within its message", frame(good).subarray(0, -3), "InvalidArgument"],
    ["that says it is longer than it is", frame(good, 0, good.length + 1), "InvalidArgument"],
    ["that says it is shorter than it is", frame(good, 0, good.length - 1), "InvalidArgument"],
    ["that says it is 4 GiB", frame(good, 0, 0xffffffff), "ResourceExhausted"],
    ["that is not there", Buffer.alloc(0), "Unimplemented"],
    ["that comes twice", Buffer.concat([frame(good), frame(good)]), "Unimplemented"],
    ["that is compressed, nobody knows how", frame(good, 1), "Internal"],
  ])("%s is refused", async (_title, body, code) => {
    const seen = abused.service.upstream.predictions.length;
    const answer = await sendRpc(format, { url: abused.service.url, path, body });
    expect(answer.code).toBe(code);
    expect(abused.service.upstream.predictions).toHaveLength(seen);
  });

  it.each<[string, string, string]>([
    ["an unknown compression", "snappy", "Unimplemented"],
    ["a compression that it has not", "gzip", "InvalidArgument"],
    ["the name of a member of every object", "constructor", "Unimplemented"],
  ])("that names %s is refused", async (_title, encoding, code) => {
    const headers = { "grpc-encoding": encoding };
    expect((await sendRpc(format, { url: abused.service.url, path, body: frame(good, 1), headers })).code).toBe(code);
  });

  it.each(brokenCompressions)("whose $encoding is broken is refused", async ({ encoding, body }) => {
    const headers = { "grpc-encoding": encoding };
    const answer = await sendRpc(format, { url: abused.service.url, path, body: frame(body, 1), headers });
    expect(answer).toMatchObject({ code: "InvalidArgument", reason: "INVALID_REQUEST" });
  });
});

describe.each(wireFormats.filter(({ protocol }) => protocol === "connect"))("a body over $name", (format) => {
  it.each<[string, string, string]>([
    ["an unknown compression", "snappy", "Unimplemented"],
    ["a compression that it has not", "gzip", "InvalidArgument"],
    ["another compression that it has not", "br", "InvalidArgument"],
  ])("that names %s is refused", async (_title, encoding, code) => {
    const headers = { "content-encoding": encoding };
    expect((await sendRpc(format, { url: abused.service.url, path, body: good, headers })).code).toBe(code);
  });

  it.each(brokenCompressions)("whose $encoding is broken is refused", async ({ encoding, body }) => {
    const headers = { "content-encoding": encoding };
    const answer = await sendRpc(format, { url: abused.service.url, path, body, headers });
    expect(answer).toMatchObject({ code: "InvalidArgument", reason: "INVALID_REQUEST" });
  });
});

describe("a REST body", () => {
  it.each([
    ["an unknown compression", "snappy", 415],
    ["two compressions", "gzip, gzip", 415],
    ["the name of a member of every object", "constructor", 415],
    ["the name of a prototype", "__proto__", 415],
    ["a compression that it has not", "gzip", 400],
  ])("that names %s is refused", async (_title, encoding, status) => {
    const response = await send("1.1", {
      url: abused.service.url,
      path: `/v1/models/${model}:predict`,
      headers: { "content-encoding": encoding },
      body: '{"instances":[[1]]}',
    });
    expect([response.status, response.body]).toEqual([status, expect.stringContaining('"error"')]);
  });
});

describe("an upload that stops half-way", () => {
  it.each(wireFormats.filter(({ httpVersion }) => httpVersion === "2"))(
    "is answered at its deadline and ended, over $name",
    async (format) => {
      const session = connect(abused.service.url);
      const deadline = format.protocol === "connect" ? { "connect-timeout-ms": "150" } : { "grpc-timeout": "150m" };
      const stream = session.request({
        ":method": "POST",
        ":path": path,
        "content-type": format.contentType,
        ...deadline,
      });
      let answer = "";
      let closed = false;
      const note = (headers: object): void => {
        answer += JSON.stringify(headers);
      };
      stream.on("response", note);
      stream.on("trailers", note);
      stream.on("data", (data: Buffer) => {
        answer += data.toString();
      });
      stream.on("close", () => {
        closed = true;
      });
      stream.write(frame(good).subarray(0, 8));
      await until(() => closed, `the stream ends; so far ${answer}`);
      expect(answer).toMatch(format.protocol === "connect" ? /deadline_exceeded/ : /grpc-status"?: ?"?4/);
      session.destroy();
    },
  );

  it("is forgotten when its connection goes", async () => {
    const session = connect(abused.service.url);
    const stream = session.request({ ":method": "POST", ":path": path, "content-type": "application/grpc" });
    stream.on("error", () => {});
    stream.write(frame(good).subarray(0, 8));
    await sleep(50);
    session.destroy();
    const calls = (): number => abused.service.lines.filter(({ outcome }) => outcome === "canceled").length;
    await until(() => calls() > 0, "the call is logged as canceled");
  });
});
