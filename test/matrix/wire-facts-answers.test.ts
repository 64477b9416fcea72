import { describe, expect, it } from "vitest";
import { PredictFailureSchema } from "../../gen/kserve/registry/v1/error_reason_pb.ts";
import { ModelState } from "../../gen/kserve/registry/v1/model_pb.ts";
import { clientOf, rows } from "../support/clients.ts";
import { errorOf, partsOf } from "../support/error-details.ts";
import { answer, garbage, halfABody, predict, resetWithinBody, startFakeUpstream } from "../support/fake-upstream.ts";
import { httpVersions, jsonOf, send } from "../support/http-client.ts";
import {
  bodyWith,
  predictBody,
  predictInstances,
  predictRest,
  predictTensor,
  predictWays,
  wayNamed,
} from "../support/predict-forms.ts";
import { type Entry, model, startRegistry } from "../support/running-service.ts";

const grpc = wayNamed("grpc/2");
const text = { "content-type": "text/plain" };

describe("the words of a failing model", () => {
  it.each<[string, string, string]>([
    ["{error}", '{"error":"X has 7 features"}', "X has 7 features"],
    ["{detail}, a text", '{"detail":"Not Found"}', "Not Found"],
    ["{detail}, a list", '{"detail":[{"msg":"field required"}]}', '[{"msg":"field required"}]'],
    ["{error}, an object", '{"error":{"code":7}}', '{"code":7}'],
    ["plain text", "Internal Server Error", "Internal Server Error"],
    ["HTML", "<html>oops</html>", "<html>oops</html>"],
  ])("reach the caller from %s", async (_shape, body, words) => {
    const { url, upstream } = await startRegistry();
    upstream.onPredict(model, answer(500, body, text));
    const error = await errorOf(predictInstances(url, 1));
    expect(error.rawMessage).toBe(`Model ${model} failed (HTTP 500): ${words}`);
    expect(partsOf(error).failure).toMatchObject({ upstreamStatus: 500, upstreamBody: body });
    expect(JSON.parse(await predictRest(url, bodyWith(1)))).toEqual({ error: error.rawMessage });
  });

  it("are cut at 1 KiB", async () => {
    const { url, upstream } = await startRegistry();
    upstream.onPredict(model, answer(500, { error: "u".repeat(5000) }));
    const error = await errorOf(predictInstances(url, 1));
    expect(error.rawMessage).toBe(`Model ${model} failed (HTTP 500): ${"u".repeat(1024)}`);
  });

  it("are cut earlier where they grow when they are escaped, between characters", async () => {
    const { url, upstream } = await startRegistry();
    upstream.onPredict(model, answer(500, { error: "ü".repeat(5000) }));
    const error = await errorOf(predictInstances(url, 1));
    expect(error.rawMessage).toMatch(/^Model anomaly-detector failed \(HTTP 500\): ü{200,}…$/);
    expect(Buffer.byteLength(partsOf(error).failure?.upstreamBody ?? "")).toBeLessThanOrEqual(1024);
  });

  it("may be missing", async () => {
    const { url, upstream } = await startRegistry();
    upstream.onPredict(model, answer(500, ""));
    expect((await errorOf(predictInstances(url, 1))).rawMessage).toBe(`Model ${model} failed (HTTP 500)`);
  });
});

describe("NaN and infinities in an answer", () => {
  const body = '{"predictions":[NaN, Infinity, -Infinity, 1.5]}';

  it.each(predictWays)("are texts for instances, by $name", async (way) => {
    const { url, upstream } = await startRegistry();
    upstream.onPredict(model, answer(200, body));
    expect(await predictInstances(url, 4, way)).toEqual(["NaN", "Infinity", "-Infinity", 1.5]);
  });

  it.each(predictWays)("are numbers for a tensor, by $name", async (way) => {
    const { url, upstream } = await startRegistry();
    upstream.onPredict(model, answer(200, body));
    expect(await predictTensor(url, 4, way)).toEqual({
      shape: [4],
      values: [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1.5],
    });
  });

  it("stay as they are for body and REST", async () => {
    const { url, upstream } = await startRegistry();
    upstream.onPredict(model, answer(200, body));
    expect(await predictBody(url, bodyWith(4))).toBe(body);
    for (const version of httpVersions) expect(await predictRest(url, bodyWith(4), version)).toBe(body);
  });
});

describe("null among predictions", () => {
  it("stays null for instances, is NaN in a tensor, and stays as it is for body and REST", async () => {
    const { url, upstream } = await startRegistry();
    upstream.onPredict(model, predict([null, 1]));
    expect(await predictInstances(url, 2)).toEqual([null, 1]);
    expect(await predictTensor(url, 2)).toEqual({ shape: [2], values: [Number.NaN, 1] });
    expect(await predictBody(url, bodyWith(2))).toBe('{"predictions":[null,1]}');
    expect(await predictRest(url, bodyWith(2))).toBe('{"predictions":[null,1]}');
  });
});

describe("the digits of an answer", () => {
  it("are kept for body and REST", async () => {
    const { url, upstream } = await startRegistry();
    const body = '{"predictions": [9007199254740993, 0.12345678901234567890123], "n": 1.0}\n';
    upstream.onPredict(model, answer(200, body));
    expect(await predictBody(url, bodyWith(2))).toBe(body);
    for (const version of httpVersions) expect(await predictRest(url, bodyWith(2), version)).toBe(body);
  });
});

describe("an answer with HTTP 200 that is not a prediction", () => {
  it("is recognized by what KServe's batcher says of a failed call", async () => {
    const { url, upstream } = await startRegistry();
    const said = '{"message":"{\\"error\\":\\"Invalid input\\"}","batchId":"","predictions":null}';
    upstream.onPredict(model, answer(200, said, text));
    const error = await errorOf(predictInstances(url, 1));
    expect(error.rawMessage).toBe(
      `Model ${model} returned a response that is not a prediction: its predictions are null. It says: {"error":"Invalid input"}`,
    );
    expect(partsOf(error)).toMatchObject({ code: "Internal", reason: "MODEL_BAD_ANSWER" });
    const response = await send("1.1", { url, path: `/v1/models/${model}:predict`, body: bodyWith(1) });
    expect([response.status, jsonOf(response)]).toEqual([502, { error: error.rawMessage }]);
  });

  it.each<[string, string, RegExp]>([
    ["nothing", "", /not JSON/],
    ["HTML", "<html></html>", /not JSON/],
    ["cut JSON", '{"predictions":[1', /not JSON/],
    ["JSON and more", '{"predictions":[1]} x', /not JSON/],
    ["a list", "[1]", /not a JSON object/],
    ["no predictions", '{"outputs":[1]}', /no predictions/],
    ["fewer predictions than instances", '{"predictions":[1]}', /1 prediction for 2 instances/],
    ["more predictions than instances", '{"predictions":[1,2,3]}', /3 predictions for 2 instances/],
    ["predictions nested too deep", `{"predictions":${"[".repeat(100)}${"]".repeat(100)}}`, /nested deeper than 64/],
    ["bytes that are not UTF-8", '{"predictions":["\xff",1]}', /not UTF-8/],
  ])("is %s, in every form", async (_title, body, why) => {
    const { url, upstream } = await startRegistry();
    upstream.onPredict(model, answer(200, Buffer.from(body, "latin1")));
    for (const call of [predictInstances(url, 2), predictTensor(url, 2), predictBody(url, bodyWith(2))]) {
      const error = await errorOf(call);
      expect(partsOf(error)).toMatchObject({ code: "Internal", reason: "MODEL_BAD_ANSWER" });
      expect(error.rawMessage).toMatch(why);
    }
    expect(upstream.predictions).toHaveLength(3);
  });

  it("is one above KSERVE_MAX_RESPONSE_SIZE", async () => {
    const { url, upstream } = await startRegistry({ env: { KSERVE_MAX_RESPONSE_SIZE: "1KiB" } });
    upstream.onPredict(model, predict(["x".repeat(2000)]));
    const error = await errorOf(predictInstances(url, 1));
    expect(partsOf(error)).toMatchObject({ reason: "MODEL_BAD_ANSWER", failure: { attempts: 1 } });
    expect(error.rawMessage).toMatch(/larger than KSERVE_MAX_RESPONSE_SIZE/);
  });

  it("is one that is not HTTP", async () => {
    const { url, upstream } = await startRegistry();
    upstream.onPredict(model, garbage());
    expect(partsOf(await errorOf(predictInstances(url, 1)))).toMatchObject({
      reason: "MODEL_BAD_ANSWER",
      failure: { attempts: 1 },
    });
  });

  it.each([
    ["ends", halfABody()],
    ["is reset", resetWithinBody()],
  ] as const)("is not an answer when its connection %s within the body", async (_title, behaviour) => {
    const { url, upstream } = await startRegistry();
    upstream.onPredict(model, behaviour);
    expect(partsOf(await errorOf(predictInstances(url, 1)))).toMatchObject({
      code: "Unavailable",
      reason: "MODEL_UNREACHABLE",
      failure: { attempts: 1 },
    });
    expect(upstream.predictions).toHaveLength(1);
  });
});

describe("an answer with more or fewer predictions than instances", () => {
  const any: Entry = { name: model, outputFormat: { count: "any" } };

  it.each<[number, unknown[]]>([
    [2, []],
    [2, [1]],
    [1, [1, 2, 3]],
  ])("is taken of a model that means it: %i instances give %j", async (count, predictions) => {
    const { url, upstream } = await startRegistry({ models: [any] });
    upstream.onPredict(model, predict(predictions));
    for (const way of predictWays) expect(await predictInstances(url, count, way)).toEqual(predictions);
    expect(await predictBody(url, bodyWith(count))).toBe(JSON.stringify({ predictions }));
  });

  it("is refused of any other, with a hint", async () => {
    const { url, upstream } = await startRegistry();
    upstream.onPredict(model, predict([1]));
    const [failure] = (await errorOf(predictInstances(url, 2))).findDetails(PredictFailureSchema);
    expect(failure?.hint).toMatch(/outputFormat: \{count: any\}/);
  });
});

describe("what else an answer says", () => {
  it("is not needed: model_name is the registered name without it", async () => {
    const { url } = await startRegistry();
    const { modelName, modelVersion, extra } = await clientOf(grpc, url).predict(rows(model, [1]));
    expect([modelName, modelVersion, extra]).toEqual([model, "", undefined]);
  });

  it("does not change model_name, and gives the version and the rest", async () => {
    const { url, upstream } = await startRegistry();
    upstream.onPredict(
      model,
      answer(200, { predictions: [1], model_name: "sklearn-iris", model_version: "3", took: { ms: 7 } }),
    );
    for (const way of predictWays) {
      const { modelName, modelVersion, extra } = await clientOf(way, url).predict(rows(model, [1]));
      expect([modelName, modelVersion, extra]).toEqual([model, "3", { took: { ms: 7 } }]);
    }
  });

  it("keeps its headers and cookies to itself", async () => {
    const { url, upstream } = await startRegistry();
    upstream.onPredict(
      model,
      answer(200, { predictions: [1] }, { "set-cookie": "a=b", server: "istio-envoy", "x-internal": "1" }),
    );
    const { headers } = await send("1.1", { url, path: `/v1/models/${model}:predict`, body: bodyWith(1) });
    expect(Object.keys(headers).sort()).toEqual([
      "connection",
      "content-length",
      "content-type",
      "date",
      "x-request-id",
    ]);
  });
});

describe("a redirect", () => {
  it.each([301, 302, 307, 308])("with HTTP %i is not followed", async (status) => {
    const elsewhere = await startFakeUpstream();
    const { url, upstream } = await startRegistry();
    upstream.onPredict(model, answer(status, "", { location: `${elsewhere.url}/v1/models/${model}:predict` }));
    expect(partsOf(await errorOf(predictInstances(url, 1)))).toMatchObject({
      code: "FailedPrecondition",
      reason: "MODEL_PATH_NOT_FOUND",
      failure: { upstreamStatus: status, attempts: 1 },
    });
    expect(elsewhere.connections()).toBe(0);
    await elsewhere.close();
  });
});

describe("the readiness that a model server reports", () => {
  const versions = (...states: string[]): object => ({ model_version_status: states.map((state) => ({ state })) });

  it.each<[string, number, unknown, ModelState, RegExp]>([
    ["KServe: ready", 200, { name: model, ready: true }, ModelState.READY, /^$/],
    ["an older KServe, without ready", 200, { name: model }, ModelState.READY, /^$/],
    ["KServe: not ready", 200, { name: model, ready: false }, ModelState.NOT_READY, /says that it is not ready/],
    ["ready as a text", 200, { name: model, ready: "False" }, ModelState.NOT_READY, /says that it is not ready/],
    ["TF Serving: AVAILABLE", 200, versions("END", "AVAILABLE"), ModelState.READY, /^$/],
    ["TF Serving: LOADING", 200, versions("LOADING"), ModelState.NOT_READY, /no version is AVAILABLE \(LOADING\)/],
    ["503", 503, { error: "Model with name x is not ready." }, ModelState.NOT_READY, /HTTP 503: Model with name x/],
    ["404", 404, { error: "Model with name x does not exist." }, ModelState.NOT_READY, /HTTP 404: Model with name x/],
    ["a text", 200, "OK", ModelState.NOT_READY, /other than JSON/],
  ])("by %s", async (_title, status, body, state, reason) => {
    const { url, upstream } = await startRegistry();
    upstream.onReadiness(model, answer(status, body));
    const { readiness } = await clientOf(grpc, url).getModel({ name: model });
    expect(readiness?.state).toBe(state);
    expect(readiness?.reason).toMatch(reason);
    const response = await send("1.1", { url, path: `/v1/models/${model}` });
    expect([response.status, jsonOf(response)]).toEqual(
      state === ModelState.READY
        ? [200, { name: model, ready: true }]
        : [503, { error: `Model with name ${model} is not ready.` }],
    );
  });

  it("is that it cannot be reached, without its address", async () => {
    const { url } = await startRegistry({ models: [{ name: model, url: "http://127.0.0.1:1" }] });
    const { readiness } = await clientOf(grpc, url).getModel({ name: model });
    expect(readiness).toMatchObject({ state: ModelState.UNREACHABLE, reason: "the connection was refused" });
  });
});
