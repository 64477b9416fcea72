import { create, toBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { PredictRequestSchema } from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import { rows } from "../support/clients.ts";
import { frame } from "../support/frame.ts";
import { httpVersions, jsonOf, send } from "../support/http-client.ts";
import { binaryFormats, jsonFormats, sendRpc, type WireFormat } from "../support/raw-rpc.ts";
import { model } from "../support/running-service.ts";
import { abusedService } from "./abused-service.ts";

const abused = abusedService();
const predictPath = "/kserve.registry.v1.ModelRegistry/Predict";
const listPath = "/kserve.registry.v1.ModelRegistry/ListModels";

const named = `"name":${JSON.stringify(model)}`;

describe.each(jsonFormats)("a JSON message over $name", (format) => {
  it.each<[string, string, string, RegExp]>([
    ["that is empty", predictPath, "", /cannot decode message .*PredictRequest/],
    ["that is cut", predictPath, "{", /cannot decode message .*PredictRequest/],
    ["that is a list", predictPath, "[]", /cannot decode message .*PredictRequest/],
    ["that is null", predictPath, "null", /cannot decode message .*PredictRequest/],
    ["that is a text", predictPath, '"x"', /cannot decode message .*PredictRequest/],
    ["with a number for a name", predictPath, '{"name":5}', /PredictRequest\.name .*expected string/],
    ["with an object for instances", predictPath, `{${named},"instances":{"a":1}}`, /ListValue/],
    ["with a text for a tensor", predictPath, `{${named},"tensor":"x"}`, /Tensor/],
    ["with a negative dimension", predictPath, `{${named},"tensor":{"shape":[-1],"values":[1]}}`, /Tensor\.shape/],
    ["with a body that is not base64", predictPath, `{${named},"body":"!!"}`, /PredictRequest\.body .*base64/],
    ["with a misspelt field", predictPath, `{${named},"instancess":[[1]]}`, /"instancess" is unknown/],
    [
      "with a field called __proto__",
      predictPath,
      `{${named},"__proto__":{},"instances":[1]}`,
      /"__proto__" is unknown/,
    ],
    ["with two inputs", predictPath, `{${named},"instances":[[1]],"body":"e30="}`, /instances and body/],
    ["with one input twice", predictPath, `{${named},"instances":[[1]],"instances":[[2]]}`, /duplicate.*"instances"/],
    ["with half a character", predictPath, '{"name":"\\ud800","instances":[[1]]}', /name/],
    ["with a fraction for a page size", listPath, '{"pageSize":1.5}', /page_size/],
    ["with a page size beyond int32", listPath, '{"pageSize":99999999999}', /page_size.* out of range/],
    [
      "with a type that is none",
      listPath,
      '{"type":"anomaly"}',
      /^type: expected one of MODEL_TYPE_ANOMALY, MODEL_TYPE_PREDICTIVE, MODEL_TYPE_CLASSIFICATION; found "anomaly"$/,
    ],
    ["with a byte order mark", listPath, "\ufeff{}", /^message: starts with a byte order mark \(BOM\)/],
    ["with a misspelt filter", listPath, '{"namspace":"x"}', /"namspace" is unknown/],
  ])("%s is refused by name", async (_title, path, body, message) => {
    const answer = await sendRpc(format, { url: abused.service.url, path, body });
    expect(answer).toMatchObject({ code: "InvalidArgument", reason: "INVALID_REQUEST", httpStatus: 400 });
    expect(answer.message).toMatch(message);
  });

  it.each<[string, string, string, string]>([
    ["without an input", predictPath, `{${named}}`, "input"],
    ["with null for an input", predictPath, `{${named},"instances":null}`, "input"],
    ["without rows", predictPath, `{${named},"instances":[]}`, "instances"],
    ["with a tensor of no dimension", predictPath, `{${named},"tensor":{"values":[1]}}`, "tensor.shape"],
    ["with a tensor of no row", predictPath, `{${named},"tensor":{"shape":[0,3]}}`, "tensor.shape"],
    ["with a tensor of empty rows", predictPath, `{${named},"tensor":{"shape":[4294967295,0]}}`, "tensor.shape"],
    [
      "with a tensor of another size",
      predictPath,
      `{${named},"tensor":{"shape":[4294967295,4294967295],"values":[1]}}`,
      "tensor.values",
    ],
    ["with an empty body", predictPath, `{${named},"body":""}`, "body"],
    ["with a negative page size", listPath, '{"pageSize":-1}', "page_size"],
    ["with the number of no type", listPath, '{"type":99}', "type"],
    ["with the word of no type", listPath, '{"type":"MODEL_TYPE_ANOMALI"}', "type"],
  ])("%s is refused by field", async (_title, path, body, field) => {
    const answer = await sendRpc(format, { url: abused.service.url, path, body });
    expect(answer).toMatchObject({ code: "InvalidArgument", reason: "INVALID_REQUEST", fields: [field] });
  });

  it("that is not UTF-8 is refused at its byte", async () => {
    const body = Buffer.concat([Buffer.from('{"namespace":"'), Buffer.of(0xff), Buffer.from('"}')]);
    const answer = await sendRpc(format, { url: abused.service.url, path: listPath, body });
    expect(answer).toMatchObject({ code: "InvalidArgument", message: "message: is not UTF-8 at byte 14" });
  });

  it("may hold __proto__ and the like where any JSON may stand", async () => {
    const row = '{"__proto__":{"polluted":1},"constructor":{"prototype":2},"toString":3}';
    const seen = abused.service.upstream.predictions.length;
    const body = `{${named},"instances":[${row}],"parameters":{"__proto__":{"polluted":1}}}`;
    const answer = await sendRpc(format, { url: abused.service.url, path: predictPath, body });
    expect(answer.code).toBe("ok");
    expect(abused.service.upstream.predictions[seen]?.body.toString()).toBe(
      `{"instances":[${row}],"__proto__":{"polluted":1}}`,
    );
  });
});

const good = toBinary(PredictRequestSchema, create(PredictRequestSchema, rows(model, [1])));

/** Bytes as a format carries them. */
function carried({ protocol }: WireFormat, message: Uint8Array): Uint8Array {
  return protocol === "connect" ? message : frame(message);
}

describe.each(binaryFormats)("a protobuf message over $name", (format) => {
  it.each<[string, Uint8Array]>([
    ["that is cut", good.subarray(0, -1)],
    ["that is noise", Buffer.from("ffffff", "hex")],
    ["with a wire type that is none", Buffer.from("0f", "hex")],
    ["with the number 0 for a field", Buffer.from("0000", "hex")],
    ["with a name that is not UTF-8", Buffer.from("0a02fffe", "hex")],
    ["with a length beyond its end", Buffer.from("0affffffff0f", "hex")],
    ["with a varint without end", Buffer.alloc(20, 0xff)],
    ["with groups 10,000 deep", Buffer.alloc(10_000, 0x7b)],
    ["with a group that never began", Buffer.from("0c", "hex")],
  ])("%s is refused", async (_title, message) => {
    for (const path of [predictPath, listPath]) {
      const answer = await sendRpc(format, { url: abused.service.url, path, body: carried(format, message) });
      expect(answer).toMatchObject({ code: "InvalidArgument", reason: "INVALID_REQUEST" });
    }
  });

  it("that is empty is refused for want of a name", async () => {
    const body = carried(format, Buffer.alloc(0));
    const answer = await sendRpc(format, { url: abused.service.url, path: predictPath, body });
    expect(answer).toMatchObject({ code: "InvalidArgument", reason: "INVALID_REQUEST", fields: ["name"] });
  });

  it("with two inputs has the last one, as protobuf says", async () => {
    const body = create(PredictRequestSchema, { input: { case: "body", value: Buffer.from('{"instances":[7]}') } });
    const both = Buffer.concat([good, toBinary(PredictRequestSchema, body)]);
    const seen = abused.service.upstream.predictions.length;
    const answer = await sendRpc(format, { url: abused.service.url, path: predictPath, body: carried(format, both) });
    expect(answer.code).toBe("ok");
    expect(abused.service.upstream.predictions[seen]?.body.toString()).toBe('{"instances":[7]}');
  });

  it("with unknown fields is taken, as protobuf says", async () => {
    const unknown = Buffer.concat([good, Buffer.from("c2c60301ff", "hex")]);
    const answer = await sendRpc(format, {
      url: abused.service.url,
      path: predictPath,
      body: carried(format, unknown),
    });
    expect(answer.code).toBe("ok");
  });
});

describe.each(httpVersions)("a REST request over HTTP/%s", (version) => {
  it.each<[string, string, number, RegExp]>([
    ["with a negative page size", "/api/v1/models?pageSize=-1", 400, /pageSize: -1 must be 0 or more/],
    ["with a page size that is none", "/api/v1/models?pageSize=ten", 400, /pageSize/],
    ["with a page size beyond reason", "/api/v1/models?pageSize=99999999999", 400, /pageSize/],
    ["with a type that is none", "/api/v1/models?type=ANOMALY", 400, /type: expected one of anomaly/],
    ["with a misspelt filter", "/api/v1/models?namspace=x", 400, /did you mean namespace/],
    ["with a filter twice", "/api/v1/models?type=anomaly&type=anomaly", 400, /type: is repeated/],
    ["with __proto__ for a filter", "/api/v1/models?__proto__=x", 400, /unknown query parameter/],
    ["with two question marks", "/api/v1/models??pageSize=1", 400, /\?pageSize: unknown query parameter/],
    ["with a question mark in a filter", "/api/v1/models?pageSize=1?type=anomaly", 400, /pageSize/],
    ["with a broken escape in the path", "/api/v1/models/%zz", 400, /percent-encoding/],
    ["with a path that is nothing", "/api/v2/models", 404, /openapi/],
    ["with dots in the path", "/api/v1/models/../../metrics", 404, /openapi/],
  ])("%s is refused", async (_title, path, status, message) => {
    const response = await send(version, { url: abused.service.url, path });
    expect(response.status).toBe(status);
    expect((jsonOf(response) as { error: string }).error).toMatch(message);
  });

  it.each<[string, string, RegExp]>([
    ["that is empty", "", /the text ends/],
    ["that is cut", '{"instances":[[1]', /the text ends/],
    ["with a trailing comma", '{"instances":[[1],]}', /expected a value/],
    ["with single quotes", "{'instances':[[1]]}", /double quotes/],
    ["with a control character", '{"instances":["\u0001"]}', /control character/],
    ["with a leading zero", '{"instances":[01]}', /expected/],
    ["with a byte order mark", '\ufeff{"instances":[1]}', /byte order mark \(BOM\) at byte 0/],
    ["with two documents", '{"instances":[1]}{"instances":[2]}', /nothing more/],
  ])("with a body %s is refused at its byte", async (_title, body, message) => {
    const response = await send(version, {
      url: abused.service.url,
      path: `/api/v1/models/${model}/predict`,
      method: "POST",
      body,
    });
    expect([response.status, response.headers["x-error-reason"]]).toEqual([400, "INVALID_REQUEST"]);
    expect((jsonOf(response) as { error: string }).error).toMatch(message);
  });
});

describe.each(httpVersions)("samples over HTTP/%s", (version) => {
  it.each<[string, string | Buffer, string]>([
    [
      "with a number that no double holds",
      '{"cpu":1,"disk":-1e400}',
      "samples.disk: is not a finite number of at most 1.797e308, the largest double",
    ],
    ["with a byte order mark", '\ufeff{"cpu":1}', "body: starts with a byte order mark (BOM)"],
    ["that are not UTF-8", Buffer.from('{"cpu":"\xff"}', "latin1"), "body: is not UTF-8 at byte 8"],
  ])("%s are refused", async (_title, body, message) => {
    const response = await send(version, {
      url: abused.service.url,
      path: "/api/v1/triggers/evaluate",
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    expect([response.status, response.headers["x-error-reason"]]).toEqual([400, "INVALID_REQUEST"]);
    expect((jsonOf(response) as { error: string }).error).toContain(message);
  });
});

describe("a page token", () => {
  it.each(httpVersions)("of other filters is refused, over HTTP/%s", async (version) => {
    const { url } = abused.service;
    const token = Buffer.from("00000000anomaly-detector").toString("base64url");
    const response = await send(version, { url, path: `/api/v1/models?pageToken=${token}` });
    expect([response.status, response.headers["x-error-reason"]]).toEqual([400, "INVALID_PAGE_TOKEN"]);
    expect(response.body).toContain("given for other filters");
  });

  it.each(jsonFormats)("of other filters is refused, over $name", async (format) => {
    const pageToken = Buffer.from("00000000anomaly-detector").toString("base64url");
    const body = JSON.stringify({ pageToken, namespace: "x" });
    const answer = await sendRpc(format, { url: abused.service.url, path: listPath, body });
    expect(answer).toMatchObject({ code: "InvalidArgument", reason: "INVALID_PAGE_TOKEN", fields: ["page_token"] });
  });
});
