import { describe, expect, it } from "vitest";
import { clientOf, rows } from "../support/clients.ts";
import { answer, hang } from "../support/fake-upstream.ts";
import { httpVersions, send } from "../support/http-client.ts";
import { metricsWhen, readMetrics } from "../support/metric-lines.ts";
import { openStream } from "../support/open-stream.ts";
import { bodyWith, wayNamed } from "../support/predict-forms.ts";
import { model, namespace, startRegistry } from "../support/running-service.ts";
import { until } from "../support/until.ts";

const labels = `model="${model}",namespace="${namespace}"`;
const grpc = wayNamed("grpc/2");

describe("the metrics of predictions", () => {
  it("count requests, their time and their errors, by model", async () => {
    const { url, upstream } = await startRegistry();
    const client = clientOf(grpc, url);
    for (let i = 0; i < 3; i++) await client.predict(rows(model, [1]));
    upstream.onPredict(model, answer(500, { error: "X" }));
    await client.predict(rows(model, [1])).catch(() => {});
    await send("1.1", { url, path: `/v1/models/${model}:predict`, body: '{"instances":[]}' });
    const metrics = await readMetrics(url);
    expect(metrics.get(`kserve_inference_requests_total{${labels}}`)).toBe(5);
    expect(metrics.get(`kserve_inference_latency_count{${labels}}`)).toBe(3);
    expect(metrics.get(`kserve_inference_failure_latency_count{${labels}}`)).toBe(2);
    expect(metrics.get(`kserve_inference_latency_bucket{le="+Inf",${labels}}`)).toBe(3);
    expect(metrics.get(`kserve_inference_latency_sum{${labels}}`)).toBeGreaterThan(0);
    expect(metrics.get(`kserve_inference_errors_total{${labels},reason="MODEL_FAILED"}`)).toBe(1);
    expect(metrics.get(`kserve_inference_errors_total{${labels},reason="INVALID_REQUEST"}`)).toBe(1);
  });

  it("never have the name of a model that is not registered", async () => {
    const { url } = await startRegistry();
    for (const name of ["no-such-model", "__proto__", "a".repeat(63)]) {
      await clientOf(grpc, url)
        .predict(rows(name, [1]))
        .catch(() => {});
      for (const version of httpVersions) {
        await send(version, { url, path: `/v1/models/${name}:predict`, body: bodyWith(1) });
        await send(version, { url, path: `/${name}` });
      }
    }
    const series = [...(await readMetrics(url)).keys()].filter((name) => name.startsWith("kserve_"));
    expect(series.filter((name) => /no-such-model|__proto__|aaaa/.test(name))).toEqual([]);
    expect(series.filter((name) => name.startsWith("kserve_inference_requests_total"))).toEqual([
      `kserve_inference_requests_total{${labels}}`,
    ]);
  });

  it("count what is refused before its body is read, for the model that is named", async () => {
    const { url } = await startRegistry({ env: { MAX_REQUEST_SIZE: "1KiB" } });
    const body = JSON.stringify({ instances: [["x".repeat(2000)]] });
    for (const path of [`/v1/models/${model}:predict`, `/api/v1/models/${model}/predict`]) {
      expect((await send("1.1", { url, path, body })).status).toBe(413);
    }
    const metrics = await readMetrics(url);
    expect(metrics.get(`kserve_inference_errors_total{${labels},reason="REQUEST_TOO_LARGE"}`)).toBe(2);
    expect(metrics.get(`kserve_inference_requests_total{${labels}}`)).toBe(2);
  });

  it("say how many are under way", async () => {
    const { url, upstream } = await startRegistry();
    upstream.onPredict(model, hang());
    const caller = new AbortController();
    const calls = [1, 2].map((row) => clientOf(grpc, url).predict(rows(model, [row]), { signal: caller.signal }));
    const left = Promise.allSettled(calls);
    await until(() => upstream.predictions.length === 2);
    const name = `kserve_registry_predictions_in_flight{${labels}}`;
    expect((await readMetrics(url)).get(name)).toBe(2);
    caller.abort();
    await left;
    await metricsWhen(url, name, 0);
    expect((await readMetrics(url)).get(`kserve_inference_errors_total{${labels},reason="CALLER_LEFT"}`)).toBe(2);
  });
});

describe("the metrics of the registry", () => {
  it("say which models there are, and in which state", async () => {
    const { url } = await startRegistry({ models: [{ name: "a" }, { name: "b", type: "predictive" }, { name: "c" }] });
    await send("1.1", { url, path: "/v1/models/a" });
    const metrics = await readMetrics(url);
    expect(metrics.get('kserve_registry_models{source="environment",type="anomaly"}')).toBe(2);
    expect(metrics.get('kserve_registry_models{source="environment",type="predictive"}')).toBe(1);
    const state = (name: string, value: string) =>
      metrics.get(`kserve_registry_model_state{model="${name}",namespace="${namespace}",state="${value}"}`);
    expect([state("a", "ready"), state("a", "unknown"), state("b", "ready"), state("b", "unknown")]).toEqual([
      1, 0, 0, 1,
    ]);
  });

  it("count calls by method, protocol and outcome", async () => {
    const { url } = await startRegistry();
    await clientOf(grpc, url).listModels({});
    await clientOf(wayNamed("grpc-web/1.1"), url).listModels({});
    await clientOf(wayNamed("connect-get/2"), url).listModels({});
    await clientOf(wayNamed("connect-json/1.1"), url)
      .getModel({ name: "none" })
      .catch(() => {});
    await send("2", { url, path: `/api/v1/models/${model}` });
    await send("1.1", { url, path: "/api/v1/models/none" });
    await send("1.1", { url, path: "/nothing/of/ours" });
    const metrics = await readMetrics(url);
    const calls = (method: string, protocol: string, outcome: string, reason?: string) => {
      const labels = `method="${method}",protocol="${protocol}",outcome="${outcome}"`;
      return metrics.get(`kserve_registry_calls_total{${labels}${reason === undefined ? "" : `,reason="${reason}"`}}`);
    };
    const registry = "kserve.registry.v1.ModelRegistry";
    expect(calls(`${registry}/ListModels`, "grpc", "ok")).toBe(1);
    expect(calls(`${registry}/ListModels`, "grpc-web", "ok")).toBe(1);
    expect(calls(`${registry}/ListModels`, "connect", "ok")).toBe(1);
    expect(calls(`${registry}/GetModel`, "connect", "not_found", "MODEL_NOT_FOUND")).toBe(1);
    expect(calls("GET /api/v1/models/{name}", "http", "200")).toBe(1);
    expect(calls("GET /api/v1/models/{name}", "http", "404", "MODEL_NOT_FOUND")).toBe(1);
    expect(calls("unknown", "http", "404", "INVALID_REQUEST")).toBe(1);
  });

  it.each<[title: string, method: string, open: (url: string) => Promise<() => unknown>]>([
    ...(["grpc/2", "grpc-web/1.1", "connect-json/2"] as const).map(
      (name): [string, string, (url: string) => Promise<() => unknown>] => [
        name,
        'kserve.registry.v1.ModelRegistry/WatchModels",protocol="',
        async (url) => {
          const leave = new AbortController();
          const watch = clientOf(wayNamed(name), url).watchModels({}, { signal: leave.signal });
          const events = watch[Symbol.asyncIterator]();
          await events.next();
          void events.next().catch(() => {});
          return () => leave.abort();
        },
      ],
    ),
    ...httpVersions.map((version): [string, string, (url: string) => Promise<() => unknown>] => [
      `events over HTTP/${version}`,
      'GET /api/v1/models",protocol="http',
      async (url) => {
        const stream = await openStream(version, url, "/api/v1/models?watch=true");
        await until(() => stream.text().includes("event: synced"));
        return stream.close;
      },
    ]),
  ])("have a watch that its reader ends as one that went well: %s", async (_, method, open) => {
    const { url } = await startRegistry();
    const leave = await open(url);
    leave();
    const ended = async (): Promise<string[]> =>
      [...(await readMetrics(url)).keys()].filter((series) =>
        series.startsWith(`kserve_registry_calls_total{method="${method}`),
      );
    await until(async () => (await ended()).length > 0, "the watch has ended");
    expect(await ended()).toEqual([expect.stringMatching(/outcome="(ok|200)"\}$/)]);
  });

  it("have the reason of a call that failed, and where the way to its issuer is what failed, its method too", async () => {
    const { url } = await startRegistry({
      env: {
        AUTH_MODE: "oidc",
        OIDC_ISSUER: "http://127.0.0.1:1",
        OIDC_AUDIENCE: "models",
        AUTH_OPEN: "health,metrics",
      },
    });
    const headers = { authorization: "Bearer a.b.c" };
    const path = `/v1/models/${model}:predict`;
    expect((await send("1.1", { url, path, headers, body: bodyWith(1) })).status).toBe(503);
    await clientOf(grpc, url)
      .predict(rows(model, [1]), { headers })
      .catch(() => {});
    const metrics = await readMetrics(url);
    const failed = (labels: string) =>
      metrics.get(`kserve_registry_calls_total{${labels},reason="ACCESS_CHECK_FAILED"}`);
    expect(failed('method="POST /v1/models/{name}:predict",protocol="http",outcome="503"')).toBe(1);
    expect(failed('method="kserve.registry.v1.ModelRegistry/Predict",protocol="grpc",outcome="unavailable"')).toBe(1);
  });

  it("measure how long calls take and how large they are, by method and protocol", async () => {
    const { url } = await startRegistry();
    await clientOf(grpc, url).predict(rows(model, [1]));
    const path = `/v1/models/${model}:predict`;
    const { body } = await send("1.1", { url, path, body: bodyWith(1) });
    const metrics = await readMetrics(url);
    const rest = 'method="POST /v1/models/{name}:predict",protocol="http"';
    expect(metrics.get(`kserve_registry_call_duration_seconds_count{${rest}}`)).toBe(1);
    expect(metrics.get(`kserve_registry_call_request_bytes_sum{${rest}}`)).toBe(bodyWith(1).length);
    expect(metrics.get(`kserve_registry_call_answer_bytes_sum{${rest}}`)).toBe(body.length);
    const rpc = 'method="kserve.registry.v1.ModelRegistry/Predict",protocol="grpc"';
    expect(metrics.get(`kserve_registry_call_request_bytes_sum{${rpc}}`)).toBeGreaterThan(10);
    expect(metrics.get(`kserve_registry_call_answer_bytes_sum{${rpc}}`)).toBeGreaterThan(10);
  });

  it("show what is open beside how much may be", async () => {
    const { url } = await startRegistry({
      env: { MAX_CALLS: "123", MAX_CONNECTIONS: "45", KSERVE_MAX_IN_FLIGHT: "6" },
    });
    const watching = new AbortController();
    const events = clientOf(grpc, url).watchModels({}, { signal: watching.signal })[Symbol.asyncIterator]();
    await events.next();
    const metrics = await readMetrics(url);
    const watches = 'method="kserve.registry.v1.ModelRegistry/WatchModels",protocol="grpc"';
    expect(metrics.get(`kserve_registry_calls_in_flight{${watches}}`)).toBe(1);
    expect(metrics.get('kserve_registry_connections{http="2"}')).toBe(1);
    expect(metrics.get('kserve_registry_connections{http="1"}')).toBe(1);
    expect(metrics.get("kserve_registry_max_calls")).toBe(123);
    expect(metrics.get("kserve_registry_max_connections")).toBe(45);
    expect(metrics.get("kserve_registry_max_predictions_in_flight")).toBe(6);
    expect(metrics.has(`kserve_registry_max_predictions_queued{for="slot"}`)).toBe(true);
    expect(metrics.get("kserve_registry_max_bytes_in_memory")).toBeGreaterThan(0);
    watching.abort();
    await events.next().catch(() => {});
    await metricsWhen(url, `kserve_registry_calls_in_flight{${watches}}`, 0);
  });

  it("say which build this is, since when nothing has changed, and whether it is about to stop", async () => {
    const { url } = await startRegistry();
    const metrics = await readMetrics(url);
    const build = [...metrics.keys()].filter((name) => name.startsWith("kserve_registry_build_info"));
    expect(build).toEqual([expect.stringMatching(/\{version="\d+\.\d+\.\d+",node="\d+\.\d+\.\d+"\}$/)]);
    expect(metrics.get("kserve_registry_draining")).toBe(0);
    expect(metrics.get("kserve_registry_log_lines_dropped_total")).toBe(0);
    expect(metrics.get("kserve_registry_last_change_timestamp_seconds")).toBeCloseTo(Date.now() / 1000, -2);
  });

  it("come as OpenMetrics to those who prefer it, with the trace of a call, and compressed", async () => {
    const { url } = await startRegistry();
    const traceId = "0af7651916cd43dd8448eb211c80319c";
    await clientOf(grpc, url).predict(rows(model, [1]), {
      headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` },
    });
    const accept =
      "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
    const { headers, body } = await send("1.1", { url, path: "/metrics", headers: { accept } });
    expect(headers["content-type"]).toBe("application/openmetrics-text; version=1.0.0; charset=utf-8");
    expect(body).toMatch(new RegExp(`^kserve_inference_latency_bucket\\{.*\\} 1 # \\{trace_id="${traceId}"\\} `, "m"));
    expect(body).toMatch(/^# TYPE kserve_inference_requests counter\nkserve_inference_requests_total\{/m);
    expect(body).not.toContain("\n\n");
    expect(body.endsWith("\n# EOF\n")).toBe(true);
    const text = await send("1.1", {
      url,
      path: "/metrics",
      headers: { accept: "text/plain, application/openmetrics-text;q=0.1" },
    });
    expect(text.headers["content-type"]).toMatch(/^text\/plain/);
    expect(text.body).not.toContain("trace_id");
    const packed = await fetch(`${url}/metrics`, { headers: { accept, "accept-encoding": "gzip" } });
    expect(packed.headers.get("content-encoding")).toBe("gzip");
    expect(packed.headers.get("vary")).toMatch(/accept, accept-encoding$/i);
    expect(await packed.text()).toContain("# EOF");
  });

  it("come in the text format of Prometheus, with the process's own", async () => {
    const { url } = await startRegistry();
    const { status, headers, body } = await send("1.1", { url, path: "/metrics" });
    expect([status, headers["content-type"]]).toEqual([200, expect.stringMatching(/^text\/plain; version=0\.0\.4/)]);
    for (const name of ["process_resident_memory_bytes", "nodejs_eventloop_lag_seconds", "kserve_registry_models"]) {
      expect(body).toMatch(new RegExp(`^# TYPE ${name} gauge$`, "m"));
    }
  });
});
