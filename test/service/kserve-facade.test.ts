import { describe, expect, it } from "vitest";
import { httpVersions, jsonOf, send } from "../support/http-client.ts";
import { model, startRegistry } from "../support/running-service.ts";

const rows = '{"instances":[[1],[2]]}';

describe.each(httpVersions)("the KServe v1 surface over HTTP/%s", (version) => {
  it.each([
    ["GET", `/v1/models/${model}?verbose=1`, 200],
    ["GET", `/v1/models/${model}/`, 200],
    ["GET", "/v1/models/?x=1&x=2", 200],
    ["GET", "/?x=1", 200],
    ["GET", "/livez?verbose", 200],
    ["GET", "/readyz/?verbose&exclude=etcd", 200],
    ["GET", "/metrics?x=1", 200],
    ["POST", `/v1/models/${model}:predict?timeout=5`, 200],
    ["POST", `/v1/models/${model}:predict/`, 200],
    ["POST", `/v1/models/${model}:predict?waitForReady=true&waitForReady=true`, 400],
    ["GET", `/api/v1/models/${model}?x=1`, 400],
    ["GET", `/api/v1/models/${model}/`, 404],
    ["GET", "/api/v1/models?pageSize=1?bogus=1", 400],
  ])("answers %s %s with %d", async (method, path, status) => {
    const { url } = await startRegistry();
    const body = method === "POST" ? { body: rows } : {};
    expect((await send(version, { url, method, path, ...body })).status).toBe(status);
  });

  it.each(["Echo", "mod%C3%A8le", "a_b", "no-such-model"])(
    "does not know a model %s, whatever its name looks like",
    async (name) => {
      const { url } = await startRegistry();
      const words = { error: `Model with name ${decodeURIComponent(name)} does not exist.` };
      for (const [path, body] of [
        [`/v1/models/${name}`],
        [`/v1/models/${name}:predict`, rows],
        [`/v1/models/${name}:explain`, rows],
      ] as const) {
        const answer = await send(version, { url, path, ...(body === undefined ? {} : { body }) });
        expect([path, answer.status, jsonOf(answer)]).toEqual([path, 404, words]);
        expect(answer.headers["x-error-reason"]).toBe("MODEL_NOT_FOUND");
      }
    },
  );

  it("does not explain", async () => {
    const { url } = await startRegistry();
    const answer = await send(version, { url, path: `/v1/models/${model}:explain`, body: rows });
    expect([answer.status, jsonOf(answer)]).toEqual([
      501,
      { error: `Model ${model} is served without explanations; call its explainer directly` },
    ]);
  });

  it("takes rows under inputs, and sends them as instances", async () => {
    const { url, upstream } = await startRegistry();
    const answer = await send(version, { url, path: `/v1/models/${model}:predict`, body: '{"inputs": [[1],[2]]}' });
    expect([answer.status, jsonOf(answer)]).toEqual([200, { predictions: [0, 1] }]);
    expect(upstream.predictions.at(-1)?.body.toString()).toBe('{"instances":[[1],[2]]}');
  });

  it("leaves inputs as they are on the surface of the registry", async () => {
    const { url } = await startRegistry();
    const path = `/api/v1/models/${model}/predict`;
    expect((await send(version, { url, path, body: '{"inputs": [[1]]}' })).status).toBe(400);
  });
});
