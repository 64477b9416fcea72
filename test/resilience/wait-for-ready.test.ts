import { describe, expect, it } from "vitest";
import { clientOf, rows } from "../support/clients.ts";
import { errorOf, partsOf } from "../support/error-details.ts";
import { answer, type Exchange, hang, predict, reset } from "../support/fake-upstream.ts";
import { httpVersions, jsonOf, send } from "../support/http-client.ts";
import { metricsWhen } from "../support/metric-lines.ts";
import { bodyWith, predictWays, wayNamed } from "../support/predict-forms.ts";
import { model, namespace, type ServiceOptions, startRegistry } from "../support/running-service.ts";
import { until } from "../support/until.ts";

const grpc = wayNamed("grpc/2");
const loading = answer(503, { error: `Model with name ${model} is not ready.` });
const ready = answer(200, { name: model, ready: true });

/** A service whose model is still loading, and knows it. */
async function startLoading(options: ServiceOptions = {}) {
  const service = await startRegistry(options);
  const { url, upstream } = service;
  upstream.onReadiness(model, loading);
  upstream.onPredict(model, loading);
  await send("1.1", { url, path: `/v1/models/${model}` });
  const name = `kserve_registry_predictions_queued{model="${model}",namespace="${namespace}",for="ready"}`;
  const waits = (count: number) => metricsWhen(url, name, count);
  const load = (): void => {
    upstream.onPredict(model, predict([1]));
    upstream.onReadiness(model, ready);
  };
  return { ...service, waits, load };
}

const asks: readonly [string, (url: string) => Promise<unknown>][] = [
  ...predictWays.flatMap((way): [string, (url: string) => Promise<unknown>][] => [
    [`Predict by ${way.name}`, (url) => clientOf(way, url).predict({ ...rows(model, [1]), waitForReady: true })],
    [
      `EvaluateModel by ${way.name}`,
      (url) => clientOf(way, url).evaluateModel({ ...rows(model, [1]), waitForReady: true }),
    ],
  ]),
  ...httpVersions.flatMap((version) =>
    [`/v1/models/${model}:predict`, `/api/v1/models/${model}/predict`, `/api/v1/models/${model}/evaluate`].map(
      (path): [string, (url: string) => Promise<unknown>] => [
        `${path} by rest/${version}`,
        async (url) => {
          const response = await send(version, { url, path: `${path}?waitForReady=true`, body: bodyWith(1) });
          if (response.status !== 200) throw new Error(response.body);
        },
      ],
    ),
  ),
];

describe("a prediction that waits for its model", () => {
  it.each(asks)("is made when the model is ready: %s", async (_title, call) => {
    const { url, upstream, waits, load } = await startLoading();
    const answered = call(url);
    await waits(1);
    expect(upstream.predictions).toEqual([]);
    load();
    await answered;
    expect(upstream.predictions).toHaveLength(1);
  });

  it("does not wait for a model that is ready, nor asks it", async () => {
    const { url, upstream } = await startRegistry();
    await clientOf(grpc, url).predict({ ...rows(model, [1]), waitForReady: true });
    expect([upstream.predictions.length, upstream.checks.length]).toEqual([1, 0]);
  });

  it("fails at once where it is not asked to wait", async () => {
    const { url } = await startLoading();
    expect(partsOf(await errorOf(clientOf(grpc, url).predict(rows(model, [1]))))).toMatchObject({
      reason: "MODEL_NOT_READY",
    });
  });

  it("waits when nothing was known of the model before the call", async () => {
    const { url, upstream } = await startRegistry();
    upstream.onReadiness(model, loading);
    upstream.onPredict(model, loading);
    const answered = clientOf(grpc, url).predict({ ...rows(model, [1]), waitForReady: true });
    await until(() => upstream.checks.length > 0);
    upstream.onPredict(model, predict([1]));
    upstream.onReadiness(model, ready);
    expect((await answered).modelName).toBe(model);
  });

  it("waits while the breaker is open, and closes it when the model is ready", async () => {
    const { url, upstream } = await startRegistry({
      env: { KSERVE_BREAKER_FAILURES: "1", KSERVE_BREAKER_OPEN_TIME: "10m" },
    });
    upstream.onPredict(model, reset());
    const client = clientOf(grpc, url);
    await errorOf(client.predict(rows(model, [1])));
    expect(partsOf(await errorOf(client.predict(rows(model, [1]))))).toMatchObject({ reason: "BREAKER_OPEN" });
    upstream.onPredict(model, predict([1]));
    expect((await client.predict({ ...rows(model, [1]), waitForReady: true })).modelName).toBe(model);
    expect((await client.predict(rows(model, [1]))).modelName).toBe(model);
  });

  it("is not made again once the model may have begun", async () => {
    const { url, upstream, waits, load } = await startLoading();
    const answered = errorOf(clientOf(grpc, url).predict({ ...rows(model, [1]), waitForReady: true }));
    await waits(1);
    load();
    upstream.onPredict(model, reset());
    expect(partsOf(await answered)).toMatchObject({ reason: "MODEL_UNREACHABLE", failure: { attempts: 1 } });
    expect(upstream.predictions).toHaveLength(1);
  });

  it("ends at the deadline, which may be later than the time limit of predictions", async () => {
    const { url } = await startLoading({ env: { KSERVE_TIMEOUT: "1s" } });
    const client = clientOf(grpc, url);
    const waiting = { ...rows(model, [1]), waitForReady: true };
    const startedMs = performance.now();
    const [early, late, none] = await Promise.all([
      errorOf(client.predict(waiting, { headers: grpc.deadline(200) })),
      errorOf(client.predict(waiting, { headers: grpc.deadline(1500) })).then((error) => {
        expect(performance.now() - startedMs).toBeGreaterThan(1400);
        return error;
      }),
      errorOf(client.predict(waiting)),
    ]);
    const words = /passed before anomaly-detector became ready: .*HTTP 503.*is not ready/;
    for (const error of [early, late]) {
      expect(partsOf(error)).toMatchObject({ code: "DeadlineExceeded", reason: "DEADLINE_EXCEEDED" });
      expect(error.rawMessage).toMatch(words);
    }
    expect(partsOf(none)).toMatchObject({ code: "DeadlineExceeded", reason: "MODEL_TIMEOUT" });
    expect(none.rawMessage).toMatch(words);
  });

  it("is one of so many, and asks one question with all of them", async () => {
    const { url, upstream, waits, load } = await startLoading({ env: { KSERVE_MAX_WAITING: "50" } });
    const client = clientOf(grpc, url);
    const waiting = Array.from({ length: 50 }, () => client.predict({ ...rows(model, [1]), waitForReady: true }));
    await waits(50);
    expect(partsOf(await errorOf(client.predict({ ...rows(model, [1]), waitForReady: true })))).toMatchObject({
      code: "ResourceExhausted",
      reason: "TOO_MANY_IN_FLIGHT",
      retryMs: 1000,
    });
    expect(upstream.checks.length).toBeLessThan(10);
    load();
    await Promise.all(waiting);
    expect(upstream.predictions).toHaveLength(50);
  });

  it("takes its place like any other when all are let go: no more at a time than are allowed", async () => {
    const { url, upstream, waits, load } = await startLoading({
      env: { KSERVE_MAX_IN_FLIGHT: "4", KSERVE_MAX_QUEUED: "0" },
    });
    const client = clientOf(grpc, url);
    const waiting = Array.from({ length: 20 }, () => client.predict({ ...rows(model, [1]), waitForReady: true }));
    await waits(20);
    load();
    const open = new Set<Exchange>();
    let most = 0;
    upstream.onPredict(model, {
      run(exchange) {
        open.add(exchange);
        most = Math.max(most, open.size);
        setTimeout(() => {
          open.delete(exchange);
          predict([1]).run(exchange);
        }, 5);
      },
    });
    await Promise.all(waiting);
    expect(most).toBe(4);
  });

  it("finds a full line like any other where the model is ready", async () => {
    const { url, upstream } = await startRegistry({ env: { KSERVE_MAX_IN_FLIGHT: "1", KSERVE_MAX_QUEUED: "0" } });
    upstream.onPredict(model, hang());
    const client = clientOf(grpc, url);
    const caller = new AbortController();
    const first = client.predict(rows(model, [1]), { signal: caller.signal }).catch(() => {});
    await until(() => upstream.predictions.length > 0);
    expect(partsOf(await errorOf(client.predict({ ...rows(model, [1]), waitForReady: true })))).toMatchObject({
      reason: "TOO_MANY_IN_FLIGHT",
    });
    caller.abort();
    await first;
  });

  it("does not keep a server from stopping", async () => {
    const { url, waits, stop } = await startLoading({ env: { KSERVE_TIMEOUT: "1m", SHUTDOWN_GRACE: "1m" } });
    const waiting = errorOf(clientOf(grpc, url).predict({ ...rows(model, [1]), waitForReady: true }));
    await waits(1);
    await stop();
    expect(partsOf(await waiting)).toMatchObject({ code: "Unavailable", reason: "SHUTTING_DOWN", retryMs: 1000 });
  });

  it("accepts only true or false", async () => {
    const { url } = await startRegistry();
    const path = `/v1/models/${model}:predict?waitForReady=yes`;
    const response = await send("1.1", { url, path, body: bodyWith(1) });
    expect([response.status, jsonOf(response)]).toEqual([400, { error: "waitForReady: expected true or false" }]);
  });
});
