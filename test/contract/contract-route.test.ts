import { createClient } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { ModelRegistry } from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import { httpVersions, jsonOf, send } from "../support/http-client.ts";
import { startRegistry } from "../support/running-service.ts";
import { until } from "../support/until.ts";
import { transportOf, ways } from "../support/ways.ts";
import { diskFailure } from "./entries.ts";
import { reflectedService } from "./reflected.ts";

const path = "/api/v1/models/disk-failure-predictor/contract";

function start() {
  return startRegistry({ models: [diskFailure, { name: "plain" }] });
}

describe.each(httpVersions)("GET /api/v1/models/{name}/contract over HTTP/%s", (version) => {
  it.each([
    ["", "text/plain; charset=utf-8", "proto", "service DiskFailurePredictor {"],
    ["?format=", "text/plain; charset=utf-8", "proto", "service DiskFailurePredictor {"],
    ["?format=proto", "text/plain; charset=utf-8", "proto", "service DiskFailurePredictor {"],
    ["?format=json-schema", "application/schema+json", "schema.json", '"https://json-schema.org/draft/2020-12/schema"'],
    ["?format=openapi", "application/json", "openapi.json", '"openapi": "3.1.1"'],
  ])("answers %j with %s, to be saved as .%s", async (query, contentType, ending, text) => {
    const { url, log } = await start();
    const response = await send(version, { url, path: path + query });
    expect(response.status).toBe(200);
    expect(response.headers["content-type"]).toBe(contentType);
    const disposition = `inline; filename="disk_failure_predictor.${ending}"`;
    expect(response.headers["content-disposition"]).toBe(disposition);
    expect(response.body).toContain(text);
    expect(response.body.endsWith("\n")).toBe(true);
    const head = await send(version, { url, path: path + query, method: "HEAD" });
    expect([head.status, head.body]).toEqual([200, ""]);
    expect(head.headers["content-length"]).toBe(String(Buffer.byteLength(response.body)));
    await until(() => log.calls().length > 0);
    expect(log.calls()[0]).toMatchObject({
      method: "GET /api/v1/models/{name}/contract",
      model: "disk-failure-predictor",
    });
  });

  it.each([
    ["/api/v1/models/no-such-model/contract", 404, "MODEL_NOT_FOUND", "model not found"],
    [`${path}?format=yaml`, 400, "INVALID_REQUEST", "format: expected one of proto, json-schema, openapi"],
    [`${path}?fromat=proto`, 400, "INVALID_REQUEST", "fromat: unknown query parameter; did you mean format?"],
    [
      "/api/v1/models/plain/contract",
      404,
      "FEATURES_NOT_DECLARED",
      "plain has no typed contract: its entry declares no inputFeatures. Declare them in the order of its columns, " +
        '"inputFeatures": ["cpu", {"name": "memory", "type": "number"}].',
    ],
  ])("answers %s with %i", async (wrong, status, reason, error) => {
    const { url } = await start();
    const response = await send(version, { url, path: wrong });
    expect([response.status, jsonOf(response)]).toEqual([status, { error }]);
    expect(response.headers["x-error-reason"]).toBe(reason);
  });
});

it("names packages below the roots that are configured, in the text as in reflection", async () => {
  const env = { KSERVE_CONTRACT_JAVA_PACKAGE: "com.example", KSERVE_CONTRACT_GO_PACKAGE: "example.com/gen" };
  const { url } = await startRegistry({ models: [diskFailure], env });
  const { body } = await send("1.1", { url, path });
  expect(body).toContain('option java_package = "com.example.models.disk_failure_predictor.v1";');
  expect(body).toContain('option go_package = "example.com/gen/models/disk_failure_predictor/v1;');
  const typeName = "kserve.models.disk_failure_predictor.v1.DiskFailurePredictor";
  const { file } = await reflectedService(transportOf(ways[0]!, url), typeName);
  expect(file.proto.options).toMatchObject({ javaPackage: "com.example.models.disk_failure_predictor.v1" });
});

describe("GetModel", () => {
  it("names the typed service, and shows a working request", async () => {
    const { url, upstream } = await start();
    const client = createClient(ModelRegistry, transportOf(ways[0]!, url));
    const { exampleRequest, typedService } = await client.getModel({ name: diskFailure.name });
    expect(typedService).toBe("kserve.models.disk_failure_predictor.v1.DiskFailurePredictor");
    const predicted = await send("1.1", {
      url,
      path: "/api/v1/models/disk-failure-predictor/predict",
      body: exampleRequest,
    });
    expect(predicted.status).toBe(200);
    expect(upstream.predictions[0]!.body.toString()).toBe('{"instances":[[50,5000,0,false,"acme"]]}');
  });

  it("leaves both empty for a model that declares no features", async () => {
    const { url } = await start();
    const client = createClient(ModelRegistry, transportOf(ways[0]!, url));
    expect(await client.getModel({ name: "plain" })).toMatchObject({ exampleRequest: "", typedService: "" });
  });
});
