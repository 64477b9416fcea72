import { createClient } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { Health, HealthCheckResponse_ServingStatus as Status } from "../../gen/grpc/health/v1/health_pb.ts";
import { BreakerState } from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import { clientOf, rows } from "../support/clients.ts";
import { errorOf, partsOf } from "../support/error-details.ts";
import { answer, type Behaviour, hang, inTurn, predict, reset } from "../support/fake-upstream.ts";
import { jsonOf, send } from "../support/http-client.ts";
import { readMetrics } from "../support/metric-lines.ts";
import { wayNamed } from "../support/predict-forms.ts";
import { model, namespace, startRegistry } from "../support/running-service.ts";
import { until } from "../support/until.ts";
import { transportOf } from "../support/ways.ts";

const grpc = wayNamed("grpc/2");

async function startBroken(env: Record<string, string> = {}) {
  const service = await startRegistry({
    models: [{ name: model }, { name: "other" }],
    env: { KSERVE_BREAKER_FAILURES: "3", KSERVE_BREAKER_OPEN_TIME: "10m", ...env },
  });
  service.upstream.onPredict(model, reset());
  const client = clientOf(grpc, service.url);
  const fail = async (times: number) => {
    for (let i = 0; i < times; i++) await errorOf(client.predict(rows(model, [1])));
  };
  const state = async () => (await client.getModel({ name: model })).breaker?.state;
  return { ...service, client, fail, state };
}

describe("the breaker of a model server", () => {
  it("keeps calls from a server whose connections break, and others in peace", async () => {
    const { client, fail, upstream } = await startBroken();
    await fail(3);
    expect(upstream.predictions).toHaveLength(3);
    expect(partsOf(await errorOf(client.predict(rows(model, [1]))))).toMatchObject({
      code: "Unavailable",
      reason: "BREAKER_OPEN",
      retryMs: expect.any(Number),
      failure: { attempts: 0 },
    });
    expect(upstream.predictions).toHaveLength(3);
    expect((await client.predict(rows("other", [1]))).modelName).toBe("other");
  });

  it("shows in GetModel, over REST, in the health of the model and in the metrics", async () => {
    const { url, client, fail } = await startBroken();
    const health = createClient(Health, transportOf(grpc, url));
    const seen: Status[] = [];
    const watching = (async () => {
      for await (const { status } of health.watch({ service: model })) {
        seen.push(status);
        if (status === Status.NOT_SERVING) return;
      }
    })();
    await until(() => seen.at(-1) === Status.SERVING);
    await fail(3);
    await watching;
    const { breaker, inFlight, queued } = await client.getModel({ name: model });
    expect([breaker?.state, breaker?.consecutiveFailures, inFlight, queued]).toEqual([BreakerState.OPEN, 3, 0, 0]);
    expect(breaker!.nextProbeTime!.seconds - breaker!.openTime!.seconds).toBeGreaterThanOrEqual(600n);
    expect(jsonOf(await send("1.1", { url, path: `/api/v1/models/${model}` }))).toMatchObject({
      breaker: {
        state: "open",
        consecutiveFailures: 3,
        openTime: expect.any(String),
        nextProbeTime: expect.any(String),
      },
      inFlight: 0,
      queued: 0,
    });
    expect((await health.check({ service: model })).status).toBe(Status.NOT_SERVING);
    expect((await health.check({ service: "other" })).status).toBe(Status.SERVING);
    const metrics = await readMetrics(url);
    const series = (name: string) =>
      metrics.get(`kserve_registry_breaker_state{model="${name}",namespace="${namespace}"}`);
    expect([series(model), series("other")]).toEqual([2, 0]);
  });

  it("closes when the server answers a readiness check, and calls go there again", async () => {
    const { client, fail, state, upstream } = await startBroken({ KSERVE_BREAKER_OPEN_TIME: "100ms" });
    upstream.onReadiness(model, inTurn(hang(), reset(), answer(200, { ready: true })));
    await fail(3);
    expect(await state()).not.toBe(BreakerState.CLOSED);
    upstream.onPredict(model, predict([1]));
    await until(async () => (await state()) === BreakerState.CLOSED);
    // The probes were questions for readiness: no prediction was at stake.
    expect([upstream.predictions.length, upstream.checks.length >= 3]).toEqual([3, true]);
    expect((await client.predict(rows(model, [1]))).modelName).toBe(model);
  });

  it("opens for a server that is not there, whose retries are counted", async () => {
    const { url } = await startRegistry({
      models: [{ name: model, url: "http://127.0.0.1:1" }],
      env: { KSERVE_BREAKER_FAILURES: "2" },
    });
    const client = clientOf(grpc, url);
    const failures = [];
    for (let i = 0; i < 3; i++) failures.push(partsOf(await errorOf(client.predict(rows(model, [1])))));
    expect(failures.map(({ reason, failure }) => [reason, failure?.attempts])).toEqual([
      ["MODEL_UNREACHABLE", 3],
      ["MODEL_UNREACHABLE", 2],
      ["BREAKER_OPEN", 0],
    ]);
    const metrics = await readMetrics(url);
    const retries = (outcome: string) =>
      metrics.get(`kserve_registry_retries_total{model="${model}",namespace="${namespace}",outcome="${outcome}"}`);
    expect([retries("sent"), retries("refused")]).toEqual([3, 1]);
  });

  it.each<[string, Behaviour]>([
    ["fails", answer(500, { error: "X" })],
    ["refuses the input", answer(400, { error: "X" })],
    ["is not ready", answer(503, { error: "X" })],
    ["says something else", answer(200, { outputs: [] })],
  ])("stays closed for a model that %s", async (_title, behaviour) => {
    const { fail, state, upstream } = await startBroken();
    upstream.onPredict(model, behaviour);
    await fail(5);
    expect(await state()).toBe(BreakerState.CLOSED);
    expect(upstream.predictions).toHaveLength(5);
  });

  it("stays closed for callers that leave or are in a hurry", async () => {
    const { client, state, upstream } = await startBroken();
    upstream.onPredict(model, hang());
    for (let i = 0; i < 5; i++) {
      await errorOf(client.predict(rows(model, [1]), { headers: grpc.deadline(30) }));
    }
    expect(await state()).toBe(BreakerState.CLOSED);
  });

  it("is not there when it is turned off", async () => {
    const { fail, state, upstream } = await startBroken({ KSERVE_BREAKER_FAILURES: "0" });
    await fail(10);
    expect(upstream.predictions).toHaveLength(10);
    expect(await state()).toBe(BreakerState.CLOSED);
  });
});
