import { describe, expect, it } from "vitest";
import { answer } from "../support/fake-upstream.ts";
import { httpVersions, jsonOf, type PlainRequest, send } from "../support/http-client.ts";
import { model, namespace, startRegistry } from "../support/running-service.ts";

const below = `/namespaces/${namespace}/v2`;

describe.each(httpVersions)("the v2 surface over HTTP/%s", (version) => {
  it.each<[Omit<PlainRequest, "url">, number, unknown]>([
    [{ path: "/v2" }, 200, expect.objectContaining({ name: "kserve-model-registry", extensions: expect.any(Array) })],
    [{ path: "/v2/" }, 200, expect.objectContaining({ name: "kserve-model-registry" })],
    [{ path: "/v2/health/live" }, 200, { live: true }],
    [{ path: "/v2/health/live/?verbose" }, 200, { live: true }],
    [{ path: "/v2/health/ready" }, 200, { ready: true }],
    [{ path: "/v2/models" }, 200, { models: [model, "other"] }],
    [{ path: `/v2/models/${model}/ready` }, 200, { name: model, ready: true }],
    [{ path: `/v2/models/${model}/ready/?x=1&x=2` }, 200, { name: model, ready: true }],
    [{ path: "/v2/models/other/ready" }, 503, { error: "Model with name other is not ready." }],
    [{ path: "/v2/models/none/ready" }, 404, { error: "Model with name none does not exist." }],
    [{ path: "/v2/models/a%2Fb/ready" }, 404, { error: "Model with name a/b does not exist." }],
    [{ path: `${below}/health/live` }, 200, { live: true }],
    [{ path: `${below}/models` }, 200, { models: [model] }],
    [{ path: `${below}/models/${model}/ready` }, 200, { name: model, ready: true }],
    [{ path: "/namespaces/none/v2/models" }, 200, { models: [] }],
    [{ path: `/v2/models/${model}/config` }, 404, { error: "there is no such path; /openapi.json lists the paths" }],
    [{ path: "/v2/repository/index", body: '{"ready":"yes"}' }, 400, { error: "ready: expected true or false" }],
    [
      { path: "/v2/repository/index", body: "[]" },
      400,
      { error: 'body: expected a JSON object, {"ready": true}, or nothing' },
    ],
    [
      { path: "/v2/repository/index", body: " ".repeat(65_537) },
      413,
      { error: "The request body is larger than 65536 bytes, the maximum" },
    ],
  ])("answers %j with %d", async (request, status, body) => {
    const { url, upstream } = await startRegistry({
      models: [{ name: model }, { name: "other", namespace: "elsewhere" }],
    });
    upstream.onReadiness("other", answer(200, { name: "other", ready: false }));
    const found = await send(version, { url, ...request });
    expect([found.status, jsonOf(found)]).toEqual([status, body]);
    expect(found.headers["content-type"]).toBe("application/json");
  });

  it("lists the states of the models", async () => {
    const { url, upstream } = await startRegistry({
      models: [{ name: model }, { name: "new" }, { name: "other", namespace: "elsewhere" }],
    });
    upstream.onReadiness("other", answer(200, { name: "other", ready: false }));
    for (const name of [model, "other"]) await send(version, { url, path: `/v2/models/${name}/ready` });
    const indexOf = async (path: string, body = ""): Promise<unknown> =>
      jsonOf(await send(version, { url, method: "POST", path, body }));
    const [ready, fresh, unready] = [
      { name: model, version: "", state: "READY" },
      { name: "new", version: "", state: "UNKNOWN", reason: "not checked yet" },
      { name: "other", version: "", state: "UNAVAILABLE", reason: expect.any(String) },
    ];
    expect(await indexOf("/v2/repository/index")).toEqual([ready, fresh, unready]);
    expect(await indexOf("/v2/repository/index", '{"ready":true}')).toEqual([ready]);
    expect(await indexOf(`${below}/repository/index`)).toEqual([ready, fresh]);
  });
});
