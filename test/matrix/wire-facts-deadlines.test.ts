import { describe, expect, it } from "vitest";
import { clientOf, rows } from "../support/clients.ts";
import { errorOf, partsOf } from "../support/error-details.ts";
import { delayed, hang, predict } from "../support/fake-upstream.ts";
import { httpVersions, jsonOf, send } from "../support/http-client.ts";
import { bodyWith, predictInstances, predictWays, wayNamed } from "../support/predict-forms.ts";
import { model, startRegistry } from "../support/running-service.ts";
import { until } from "../support/until.ts";

describe.each(predictWays)("a caller by $name", (way) => {
  it("whose deadline passes frees the connection to the model server", async () => {
    const { url, upstream } = await startRegistry();
    upstream.onPredict(model, hang());
    const error = await errorOf(clientOf(way, url).predict(rows(model, [1]), { headers: way.deadline(400) }));
    expect(partsOf(error)).toMatchObject({ code: "DeadlineExceeded", reason: "DEADLINE_EXCEEDED" });
    // On a busy machine the deadline may pass before there is one.
    await until(() => upstream.predictions.every((request) => request.disconnected()), "the connection closes");
  });

  it("that leaves frees the connection to the model server", async () => {
    const { url, upstream } = await startRegistry();
    upstream.onPredict(model, hang());
    const caller = new AbortController();
    const call = errorOf(clientOf(way, url).predict(rows(model, [1]), { signal: caller.signal }));
    await until(() => upstream.predictions.length > 0);
    expect(upstream.predictions[0]!.disconnected()).toBe(false);
    caller.abort();
    await call;
    await until(() => upstream.predictions[0]!.disconnected(), "the connection closes");
  });

  it.each([
    ["99999999H", "9999999999"],
    ["99999999M", "8640000001"],
    ["99999999S", "2147483648"],
  ])("waits, whose deadline is as far away as %s", async (grpcTimeout, connectTimeoutMs) => {
    const { url, upstream } = await startRegistry();
    upstream.onPredict(model, delayed(50, predict([1])));
    const headers: Record<string, string> =
      way.protocol === "connect" ? { "connect-timeout-ms": connectTimeoutMs } : { "grpc-timeout": grpcTimeout };
    const { modelName } = await clientOf(way, url).predict(rows(model, [1]), { headers });
    expect(modelName).toBe(model);
  });

  it.each(["soon", "-1m", "123456789m", "1.5S", ""])("is refused, whose deadline is %j", async (timeout) => {
    const { url, upstream } = await startRegistry();
    const name = way.protocol === "connect" ? "connect-timeout-ms" : "grpc-timeout";
    const call = clientOf(way, url).predict(rows(model, [1]), { headers: { [name]: timeout } });
    expect(partsOf(await errorOf(call))).toMatchObject({ code: "InvalidArgument" });
    expect(upstream.predictions).toEqual([]);
  });
});

describe.each(httpVersions)("a REST caller over HTTP/%s", (version) => {
  it("that leaves frees the connection to the model server", async () => {
    const { url, upstream } = await startRegistry();
    upstream.onPredict(model, hang());
    const caller = new AbortController();
    const path = `/v1/models/${model}:predict`;
    const call = expect(send(version, { url, path, body: bodyWith(1), signal: caller.signal })).rejects.toThrow();
    await until(() => upstream.predictions.length > 0);
    caller.abort();
    await call;
    await until(() => upstream.predictions[0]!.disconnected(), "the connection closes");
  });
});

describe("the time limit of a prediction", () => {
  it.each<[string, string | undefined, string, string]>([
    ["KSERVE_TIMEOUT", undefined, "1s", "1s"],
    ["the entry's timeout", "1s", "5s", "1s"],
    ["the entry's longer timeout", "1100ms", "1s", "1100ms"],
  ])("is %s", async (_title, timeout, serviceTimeout, limit) => {
    const { url, upstream } = await startRegistry({
      models: [{ name: model, ...(timeout === undefined ? {} : { timeout }) }],
      env: { KSERVE_TIMEOUT: serviceTimeout },
    });
    upstream.onPredict(model, hang());
    const [error, response] = await Promise.all([
      errorOf(predictInstances(url, 1)),
      send("1.1", { url, path: `/v1/models/${model}:predict`, body: bodyWith(1) }),
    ]);
    expect(partsOf(error)).toMatchObject({ code: "DeadlineExceeded", reason: "MODEL_TIMEOUT" });
    expect(error.rawMessage).toBe(`Model ${model} did not answer within ${limit}`);
    expect([response.status, jsonOf(response)]).toEqual([504, { error: error.rawMessage }]);
    await until(() => upstream.predictions.every((request) => request.disconnected()), "the connections close");
  });

  it("is not put off by a later deadline of the caller", async () => {
    const { url, upstream } = await startRegistry({ env: { KSERVE_TIMEOUT: "1s" } });
    upstream.onPredict(model, hang());
    const way = wayNamed("grpc/2");
    const error = await errorOf(clientOf(way, url).predict(rows(model, [1]), { headers: way.deadline(10_000) }));
    expect(partsOf(error)).toMatchObject({ reason: "MODEL_TIMEOUT" });
  });
});
