import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { clientOf, rows } from "../support/clients.ts";
import { errorOf, partsOf } from "../support/error-details.ts";
import { predict, startFakeUpstream } from "../support/fake-upstream.ts";
import { httpVersions, jsonOf, send } from "../support/http-client.ts";
import { bodyWith, predictBody, predictInstances, predictWays, wayNamed } from "../support/predict-forms.ts";
import { model, startRegistry } from "../support/running-service.ts";

/** 2^53 + 1, and as many digits as a double never has. */
const digits = "9007199254740993";
const manyDigits = "0.1234567890123456789012345678901234567890";

describe("what a model server gets", () => {
  it.each(predictWays)("is application/json and nothing else, by $name", async (way) => {
    const { url, upstream } = await startRegistry();
    await predictInstances(url, 1, way);
    expect(upstream.predictions[0]?.headers["content-type"]).toBe("application/json");
  });

  it.each(
    httpVersions.flatMap((version) =>
      [
        undefined,
        "application/json",
        "application/json; charset=utf-8",
        "Application/JSON;charset=UTF-8",
        "application/x-www-form-urlencoded",
        "text/plain",
        "text/plain; charset=us-ascii",
        "text/json",
        "application/vnd.kserve+json",
      ].map((type) => ({ version, type })),
    ),
  )("is application/json for a REST caller that says $type over HTTP/$version", async ({ version, type }) => {
    const { url, upstream } = await startRegistry();
    const headers: Record<string, string> = type === undefined ? {} : { "content-type": type };
    const response = await send(version, { url, path: `/v1/models/${model}:predict`, body: bodyWith(2), headers });
    expect([response.status, jsonOf(response)]).toEqual([200, { predictions: [0, 1] }]);
    expect(upstream.predictions[0]?.headers["content-type"]).toBe("application/json");
    expect(upstream.predictions[0]?.headers["content-length"]).toBe(String(bodyWith(2).length));
  });

  it.each(["multipart/form-data; boundary=x", "application/octet-stream", "application/json; charset=utf-16"])(
    "is nothing at all of a REST body that calls itself %s",
    async (type) => {
      const { url, upstream } = await startRegistry();
      const path = `/api/v1/models/${model}/predict`;
      const response = await send("1.1", { url, path, body: bodyWith(1), headers: { "content-type": type } });
      expect([response.status, upstream.predictions.length]).toEqual([415, 0]);
    },
  );

  it.each(httpVersions)("is uncompressed if the caller sent gzip over HTTP/%s", async (version) => {
    const { url, upstream } = await startRegistry();
    const headers = { "content-encoding": "gzip", "content-type": "application/json" };
    const body = gzipSync(bodyWith(1));
    const response = await send(version, { url, path: `/v1/models/${model}:predict`, body, headers });
    expect(response.status).toBe(200);
    expect(upstream.predictions[0]?.body.toString()).toBe(bodyWith(1));
    expect(upstream.predictions[0]?.headers["content-encoding"]).toBeUndefined();
  });

  it("is uncompressed if a Connect caller sent gzip", async () => {
    const { url, upstream } = await startRegistry();
    const response = await send("1.1", {
      url,
      path: "/kserve.registry.v1.ModelRegistry/Predict",
      headers: { "content-encoding": "gzip", "content-type": "application/json" },
      body: gzipSync(JSON.stringify({ name: model, instances: [[1]] })),
    });
    expect(response.status).toBe(200);
    expect(upstream.predictions[0]?.body.toString()).toBe('{"instances":[[1]]}');
  });

  it.each([":predict", "%3Apredict", "%3apredict"])("comes of a path that ends in %s", async (ending) => {
    const { url, upstream } = await startRegistry();
    const response = await send("1.1", { url, path: `/v1/models/${model}${ending}`, body: bodyWith(1) });
    expect(response.status).toBe(200);
    expect(upstream.predictions[0]?.path).toBe(`/v1/models/${model}:predict`);
  });

  it("is requested under the name in its server's path", async () => {
    const { url, upstream } = await startRegistry({ models: [{ name: model, model: "other:v1 (ü)" }] });
    await predictInstances(url, 1);
    expect(upstream.predictions[0]?.path).toBe("/v1/models/other%3Av1%20(%C3%BC):predict");
  });

  it("keeps the digits of integers above 2^53, by body", async () => {
    const { url, upstream } = await startRegistry();
    const body = `{"instances":[[${digits},${manyDigits},1e400]]}`;
    await predictBody(url, body);
    expect(upstream.predictions[0]?.body.toString()).toBe(body);
  });

  it.each(httpVersions)("keeps the digits of integers above 2^53, by REST over HTTP/%s", async (version) => {
    const { url, upstream } = await startRegistry();
    const body = `{"instances":[[${digits},${manyDigits}]]}`;
    await send(version, { url, path: `/v1/models/${model}:predict`, body });
    expect(upstream.predictions[0]?.body.toString()).toBe(body);
  });

  it("keeps null and texts in rows, which models take as missing and as numbers", async () => {
    const { url, upstream } = await startRegistry();
    const body = '{"instances":[[null,"1",true]]}';
    await predictBody(url, body);
    expect(upstream.predictions[0]?.body.toString()).toBe(body);
  });

  it("has rows by name in the order that the model declares", async () => {
    const { url, upstream } = await startRegistry({ models: [{ name: model, inputFeatures: ["cpu", "memory"] }] });
    await predictBody(url, '{"instances":[{"memory":2,"cpu":1},[3,4]]}');
    expect(upstream.predictions[0]?.body.toString()).toBe('{"instances":[[1,2],[3,4]]}');
  });

  it.each<[string, string, string]>([
    ["a row that is too wide", '{"instances":[[1,2,3]]}', "instances[0]"],
    ["a missing name", '{"instances":[[1,2],{"cpu":1}]}', "instances[1].memory"],
    ["an unknown name", '{"instances":[{"cpu":1,"memory":2,"iops":3}]}', "instances[0].iops"],
    ["a repeated name", '{"instances":[{"cpu":1,"memory":2,"cpu":3}]}', "instances[0].cpu"],
    ["a row that is a number", '{"instances":[1]}', "instances[0]"],
  ])("is not asked with %s", async (_title, body, field) => {
    const { url, upstream } = await startRegistry({ models: [{ name: model, inputFeatures: ["cpu", "memory"] }] });
    const error = await errorOf(predictBody(url, body));
    expect(partsOf(error)).toMatchObject({ code: "InvalidArgument", reason: "INVALID_INSTANCE", fields: [field] });
    expect(upstream.predictions).toEqual([]);
  });

  it.each<[string, string]>([
    ["no instances", "{}"],
    ["no rows", '{"instances":[]}'],
    ["instances that are not a list", '{"instances":{"a":1}}'],
    ["null", "null"],
    ["a list", "[[1]]"],
    ["broken JSON", '{"instances":[[1]'],
    ["a key twice", '{"instances":[[1]],"instances":[[2]]}'],
    ["bytes that are not UTF-8", '{"instances":["\xff"]}'],
  ])("is not asked with %s", async (_title, body) => {
    const { url, upstream } = await startRegistry();
    const bytes = Buffer.from(body, "latin1");
    for (const version of httpVersions) {
      const response = await send(version, { url, path: `/v1/models/${model}:predict`, body: bytes });
      expect([response.status, response.headers["x-error-reason"]]).toEqual([400, "INVALID_REQUEST"]);
    }
    const client = clientOf(wayNamed("grpc/2"), url);
    const error = await errorOf(client.predict({ name: model, input: { case: "body", value: bytes } }));
    expect(partsOf(error)).toMatchObject({ code: "InvalidArgument", reason: "INVALID_REQUEST" });
    expect(upstream.predictions).toEqual([]);
  });

  it("carries further keys of the request", async () => {
    const { url, upstream } = await startRegistry();
    upstream.onPredict(model, predict([1]));
    await clientOf(wayNamed("connect-json/1.1"), url).predict({
      ...rows(model, [1]),
      parameters: { signature_name: "serving_default", nested: { a: [1, null] } },
    });
    expect(upstream.predictions[0]?.body.toString()).toBe(
      '{"instances":[[1]],"signature_name":"serving_default","nested":{"a":[1,null]}}',
    );
  });
});

describe("the path of a model server", () => {
  it.each([
    ["team/fraud", "/v1/models/team%2Ffraud:predict"],
    ["modèle 1", "/v1/models/mod%C3%A8le%201:predict"],
    ["a..b/.c", "/v1/models/a..b%2F.c:predict"],
  ])("has the name %s encoded", async (name, path) => {
    const upstream = await startFakeUpstream();
    const { url } = await startRegistry({ models: [{ name: model, url: upstream.url, model: name }] });
    await predictInstances(url, 1);
    expect(upstream.predictions[0]?.path).toBe(path);
    await upstream.close().catch(() => {});
  });
});
