/** What was sent, what the log says, what a real Prometheus has counted and what the model server saw: the same numbers. */
import { expect, it } from "vitest";
import { clientOf, rows } from "../support/clients.ts";
import { errorOf, partsOf } from "../support/error-details.ts";
import { answer, hang } from "../support/fake-upstream.ts";
import { httpVersions, send } from "../support/http-client.ts";
import { bodyWith, predictWays } from "../support/predict-forms.ts";
import { startRegistry } from "../support/running-service.ts";
import { until } from "../support/until.ts";
import { startPrometheus } from "./support/prometheus.ts";

/** More than the log writes of one kind in a second, so that the others are counted in it. */
const times = 12;

const models = [
  { name: "good" },
  { name: "failing" },
  { name: "slow", timeout: "1s" },
  { name: "away", url: "http://127.0.0.1:1" },
];

/** How a model is called, with what its callers did: an empty row list is their mistake. */
const scenarios = [
  { model: "good", count: 1 },
  { model: "good", count: 0 },
  { model: "failing", count: 1 },
  { model: "away", count: 1 },
] as const;

/** Counts what was seen, by a key of several parts; "ok" where there is no reason. */
class Tally {
  readonly counts: Record<string, number> = {};

  add(parts: readonly (string | undefined)[], count = 1): void {
    const key = parts.map((part) => part ?? "ok").join(" ");
    this.counts[key] = (this.counts[key] ?? 0) + count;
  }
}

it("what is sent, counted, logged and predicted adds up, by protocol, model and reason", async () => {
  const { url, upstream, log, stop } = await startRegistry({ models, env: { KSERVE_BREAKER_FAILURES: "20" } });
  const prometheus = await startPrometheus(url);
  upstream.onPredict("failing", answer(500, { error: "X" }));
  upstream.onPredict("slow", hang());
  const sent = { byProtocol: new Tally(), byModel: new Tally() };
  const note = (protocol: string, model: string, reason: string | undefined): void => {
    sent.byProtocol.add([protocol, reason]);
    sent.byModel.add([model, reason]);
  };
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01` };

  // Opened once: what a connection takes to open would be part of a deadline.
  const clients = predictWays.map((way) => ({ way, client: clientOf(way, url) }));
  for (const { model, count } of scenarios) {
    const instances = Array.from({ length: count }, (_, i) => [i]);
    for (const { way, client } of clients) {
      const call = async (): Promise<void> => {
        const request = client.predict(rows(model, ...instances), { headers });
        const reason = await request.then(
          () => undefined,
          async () => partsOf(await errorOf(request)).reason,
        );
        note(way.protocol, model, reason);
      };
      for (let i = 0; i < times; i++) await call();
    }
    for (const version of httpVersions) {
      const request = { url, path: `/v1/models/${model}:predict`, body: bodyWith(count) };
      for (let i = 0; i < times; i++) {
        const { headers: answered } = await send(version, request);
        note("http", model, answered["x-error-reason"] as string | undefined);
      }
    }
  }
  // A deadline that the caller sent, and a limit of the model.
  for (const { way, client } of clients) {
    for (const timeoutMs of [500, undefined]) {
      const options = timeoutMs === undefined ? {} : { timeoutMs };
      const error = await errorOf(client.predict(rows("slow", [1]), options));
      note(way.protocol, "slow", partsOf(error).reason ?? "DEADLINE_EXCEEDED");
    }
  }

  const total = Object.values(sent.byModel.counts).reduce((sum, count) => sum + count, 0);
  const counted = async (): Promise<number> =>
    (await prometheus.query("sum(kserve_inference_requests_total)"))[0]?.value ?? 0;
  await until(async () => (await counted()) === total, `Prometheus has counted ${total}`, 20_000);

  const calls = new Tally();
  for (const { labels, value } of await prometheus.query('kserve_registry_calls_total{method=~".*[pP]redict"}')) {
    calls.add([labels.protocol, labels.reason], value);
  }
  expect(calls.counts).toEqual(sent.byProtocol.counts);

  const predictions = new Tally();
  for (const { labels, value } of await prometheus.query("kserve_inference_errors_total")) {
    predictions.add([labels.model, labels.reason], value);
  }
  for (const { labels, value } of await prometheus.query("kserve_inference_latency_count > 0")) {
    predictions.add([labels.model, undefined], value);
  }
  expect(predictions.counts).toEqual(sent.byModel.counts);
  expect(await prometheus.exemplars("kserve_inference_latency_bucket")).toContain(traceId);

  await stop();
  const lines = new Tally();
  for (const { msg, model, reason, repeated = 0 } of log.lines) {
    if (model === undefined || !msg.startsWith("call")) continue;
    lines.add([String(model), reason as string | undefined], msg === "call" ? 1 : Number(repeated));
  }
  expect(lines.counts).toEqual(sent.byModel.counts);

  // What the model server saw: every prediction that was neither refused before nor could not reach it.
  const reached = Object.entries(sent.byModel.counts).filter(([key]) => !/INVALID|UNREACHABLE|BREAKER/.test(key));
  expect(upstream.predictions).toHaveLength(reached.reduce((sum, [, count]) => sum + count, 0));
  expect(Object.keys(sent.byModel.counts).sort()).toEqual([
    "away BREAKER_OPEN",
    "away MODEL_UNREACHABLE",
    "failing MODEL_FAILED",
    "good INVALID_REQUEST",
    "good ok",
    "slow DEADLINE_EXCEEDED",
    "slow MODEL_TIMEOUT",
  ]);
});
