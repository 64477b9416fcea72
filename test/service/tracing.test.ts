import { readFileSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import { makeCertificate, temporaryFolder } from "../support/certificates.ts";
import { startChildService } from "../support/child-service.ts";
import { clientOf, rows } from "../support/clients.ts";
import { errorOf } from "../support/error-details.ts";
import { answer } from "../support/fake-upstream.ts";
import { send } from "../support/http-client.ts";
import { type CollectedSpan, type OtlpCollector, startCollector } from "../support/otlp-collector.ts";
import { bodyWith, predictWays, wayNamed } from "../support/predict-forms.ts";
import { model, type RunningService, startRegistry } from "../support/running-service.ts";
import { until } from "../support/until.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const callerSpanId = "b7ad6b7169203331";
const traceparent = `00-${traceId}-${callerSpanId}-01`;
const predictMethod = "kserve.registry.v1.ModelRegistry/Predict";
const [server, client] = [2, 3];

/** A module that makes Node write the package of every module that it loads. */
const printsPackages = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from "node:module";
  registerHooks({
    load(url, context, next) {
      const name = url.split("/node_modules/").at(-1).match(/^(@[^/]+.)?[^/]+/);
      if (url.includes("/node_modules/")) process.stderr.write(name[0] + "\\n");
      return next(url, context);
    },
  });
`)}`;

async function startTraced(
  status = 200,
  env: Record<string, string> = {},
): Promise<RunningService & { collector: OtlpCollector }> {
  const collector = await startCollector(status);
  const service = await startRegistry({
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_SERVICE_NAME: "registry-under-test", ...env },
  });
  onTestFinished(() => collector.close());
  return { ...service, collector };
}

/** The spans that have been collected when the service has stopped. */
async function spansAfterStop({
  stop,
  collector,
}: RunningService & { collector: OtlpCollector }): Promise<readonly CollectedSpan[]> {
  await stop();
  return collector.spans;
}

function spanOf(spans: readonly CollectedSpan[], kind: number | undefined): CollectedSpan {
  const found = spans.filter((span) => span.kind === kind);
  expect(found).toHaveLength(1);
  return found[0]!;
}

describe("a trace", () => {
  it.each(predictWays)("goes from the caller through the service to the model server, by $name", async (way) => {
    const service = await startTraced();
    const headers = { traceparent, tracestate: "vendor=value" };
    await clientOf(way, service.url).predict(rows(model, [1]), { headers });
    const sent = service.upstream.predictions[0]!.headers;
    const spans = await spansAfterStop(service);
    expect(spans).toHaveLength(2);
    const [callSpan, upstreamSpan] = [spanOf(spans, server), spanOf(spans, client)];
    expect(callSpan).toMatchObject({
      traceId,
      parentSpanId: callerSpanId,
      name: predictMethod,
      service: "registry-under-test",
      status: 0,
      attributes: {
        "kserve.registry.model": model,
        "rpc.system.name": way.name.startsWith("connect") ? "connectrpc" : "grpc",
        "rpc.method": predictMethod,
        "rpc.response.status_code": way.name.startsWith("connect") ? "ok" : "OK",
        "network.protocol.version": way.name.endsWith("/2") ? "2" : "1.1",
        "client.address": "127.0.0.1",
      },
    });
    const { port } = new URL(service.upstream.url);
    expect(upstreamSpan).toMatchObject({
      traceId,
      parentSpanId: callSpan.spanId,
      name: "POST",
      status: 0,
      attributes: {
        "http.request.method": "POST",
        "http.response.status_code": "200",
        "server.address": "127.0.0.1",
        "server.port": port,
        "url.full": `${service.upstream.url}/v1/models/${model}:predict`,
        "kserve.registry.model": model,
      },
    });
    expect(sent.traceparent).toBe(`00-${traceId}-${upstreamSpan.spanId}-01`);
    expect(sent.tracestate).toBe("vendor=value");
    expect(service.log.calls()[0]).toMatchObject({ traceId });
  });

  it("begins here where the caller has none", async () => {
    const service = await startTraced();
    const path = `/v1/models/${model}:predict`;
    await send("1.1", { url: service.url, path, body: bodyWith(1) });
    const sent = service.upstream.predictions[0]!.headers;
    const spans = await spansAfterStop(service);
    const [callSpan, upstreamSpan] = [spanOf(spans, server), spanOf(spans, client)];
    expect(callSpan).toMatchObject({
      parentSpanId: "",
      name: "POST /v1/models/{name}:predict",
      attributes: {
        "http.request.method": "POST",
        "http.route": "/v1/models/{name}:predict",
        "http.response.status_code": "200",
        "url.path": path,
        "url.scheme": "http",
      },
    });
    expect(upstreamSpan).toMatchObject({ traceId: callSpan.traceId, parentSpanId: callSpan.spanId });
    expect(sent.traceparent).toBe(`00-${callSpan.traceId}-${upstreamSpan.spanId}-01`);
    expect(service.log.calls()[0]).toMatchObject({ traceId: callSpan.traceId });
  });

  it("says what failed", async () => {
    const service = await startTraced();
    service.upstream.onPredict(model, answer(500, { error: "X" }));
    await errorOf(clientOf(wayNamed("grpc/2"), service.url).predict(rows(model, [1])));
    const spans = await spansAfterStop(service);
    expect(spanOf(spans, server)).toMatchObject({
      status: 2,
      attributes: { "error.type": "MODEL_FAILED", "rpc.response.status_code": "INTERNAL" },
    });
    expect(spanOf(spans, client)).toMatchObject({
      status: 2,
      attributes: { "error.type": "500", "http.response.status_code": "500" },
    });
  });

  it("does not hold the caller's mistake against the server", async () => {
    const service = await startTraced();
    await errorOf(clientOf(wayNamed("grpc/2"), service.url).predict({ name: model }));
    await send("1.1", { url: service.url, path: "/api/v1/models/nothing" });
    const spans = await spansAfterStop(service);
    expect(spans.map(({ status, attributes }) => [status, attributes["error.type"]])).toEqual([
      [0, "INVALID_REQUEST"],
      [0, "MODEL_NOT_FOUND"],
    ]);
  });

  it("is not sampled if the caller does not sample it, but is still propagated", async () => {
    const service = await startTraced();
    const headers = { traceparent: `00-${traceId}-${callerSpanId}-00` };
    await clientOf(wayNamed("grpc/2"), service.url).predict(rows(model, [1]), { headers });
    expect(service.upstream.predictions[0]?.headers.traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`));
    expect(await spansAfterStop(service)).toEqual([]);
  });

  it("covers the calls that reach no model", async () => {
    const service = await startTraced();
    await clientOf(wayNamed("grpc/2"), service.url).listModels({});
    await send("1.1", { url: service.url, path: "/livez" });
    await send("1.1", { url: service.url, path: "/no/such/path" });
    const names = (await spansAfterStop(service)).map(({ name }) => name);
    expect(names.sort()).toEqual(["kserve.registry.v1.ModelRegistry/ListModels", "unknown"]);
  });

  it("says of its service what OTEL_RESOURCE_ATTRIBUTES says", async () => {
    const service = await startTraced(200, {
      OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=production,team=a%2Cb,service.name=other",
    });
    await clientOf(wayNamed("grpc/2"), service.url).listModels({});
    const [span] = await spansAfterStop(service);
    expect(span?.resource).toMatchObject({
      "service.name": "registry-under-test",
      "deployment.environment.name": "production",
      team: "a,b",
    });
  });

  it.each([
    ["OTEL_SDK_DISABLED=true", { OTEL_SDK_DISABLED: "true" }, traceparent, 0],
    ["always_off", { OTEL_TRACES_SAMPLER: "always_off" }, traceparent, 0],
    ["always_on, whatever the caller does", { OTEL_TRACES_SAMPLER: "always_on" }, `${traceparent.slice(0, -1)}0`, 1],
    [
      "parentbased_always_off, but for what the caller keeps",
      { OTEL_TRACES_SAMPLER: "parentbased_always_off" },
      traceparent,
      1,
    ],
    ["traceidratio 0", { OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "0" }, traceparent, 0],
    ["traceidratio 1", { OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "1" }, traceparent, 1],
  ])("is kept or not by %s", async (_title, env, parent, kept) => {
    const service = await startTraced(200, env);
    await clientOf(wayNamed("grpc/2"), service.url).listModels({}, { headers: { traceparent: parent } });
    expect(await spansAfterStop(service)).toHaveLength(kept);
  });
});

/** Has the span of one call sent to a collector, and gives the service back when it has stopped. */
async function sentOnce(collector: OtlpCollector, env: Record<string, string>): Promise<RunningService> {
  const service = await startRegistry({ env });
  onTestFinished(() => collector.close());
  await clientOf(wayNamed("grpc/2"), service.url).listModels({});
  await service.stop();
  return service;
}

describe("the collector", () => {
  it("is spoken to as the variables for traces say, before those for all signals", async () => {
    const collector = await startCollector();
    await sentOnce(collector, {
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1",
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/tenants/7/traces`,
      OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20common, x-tenant=models",
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: "authorization=Bearer%20abc%2C",
      OTEL_EXPORTER_OTLP_COMPRESSION: "none",
      OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: "gzip",
    });
    expect(collector.spans).toHaveLength(1);
    expect(collector.requests).toMatchObject([
      {
        path: "/tenants/7/traces",
        headers: {
          authorization: "Bearer abc,",
          "x-tenant": "models",
          "content-encoding": "gzip",
          "content-type": "application/x-protobuf",
        },
      },
    ]);
  });

  it("needs no address but that of traces", async () => {
    const collector = await startCollector();
    await sentOnce(collector, { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: collector.url });
    expect(collector.requests).toMatchObject([{ path: "/" }]);
  });

  it.each(["OTEL_EXPORTER_OTLP_TIMEOUT", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT"])(
    "is waited for as long as %s says",
    async (name) => {
      const collector = await startCollector(0);
      const { log } = await sentOnce(collector, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, [name]: "20" });
      const messages = log.lines.map(({ msg }) => msg);
      expect(messages).toContain("The trace collector is unavailable; calls continue, and their spans are dropped");
    },
  );

  it("is known by the authority that is named, and shown a certificate", async () => {
    const folder = temporaryFolder();
    const { certFile, keyFile } = makeCertificate(folder, "collector");
    const caller = makeCertificate(folder, "registry");
    const collector = await startCollector(200, {
      cert: readFileSync(certFile),
      key: readFileSync(keyFile),
      ca: readFileSync(caller.certFile),
      requestCert: true,
      rejectUnauthorized: true,
    });
    const shown = {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: caller.certFile,
      OTEL_EXPORTER_OTLP_CLIENT_KEY: caller.keyFile,
    };
    await sentOnce(collector, { ...shown, OTEL_EXPORTER_OTLP_TIMEOUT: "1000" });
    expect(collector.spans).toEqual([]);
    await sentOnce(collector, { ...shown, OTEL_EXPORTER_OTLP_CERTIFICATE: certFile });
    expect(collector.spans).toHaveLength(1);
  });

  it("is not guessed at where a file for it cannot be read", async () => {
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1",
      OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE: "/no/such.pem",
    };
    await expect(startRegistry({ env })).rejects.toThrow(
      "OTEL_EXPORTER_OTLP_CERTIFICATE, of traces or of all: ENOENT: no such file or directory, open '/no/such.pem'",
    );
  });
});

describe("a collector that fails", () => {
  it("is logged in one line, and its spans are counted", async () => {
    const service = await startTraced(400);
    for (let i = 0; i < 3; i++) await clientOf(wayNamed("grpc/2"), service.url).listModels({});
    const lines = () => service.log.lines.filter(({ msg }) => String(msg).startsWith("The trace collector"));
    await until(() => lines().length > 0, "the collector is missed", 10_000);
    expect(lines()).toMatchObject([
      { level: "warn", msg: "The trace collector is unavailable; calls continue, and their spans are dropped" },
    ]);
    const { body } = await send("1.1", { url: service.url, path: "/metrics" });
    expect(body).toContain('kserve_registry_spans_total{outcome="failed"} 3');
  });

  it("does not keep calls from their answers, nor the service from its stop", async () => {
    // One that never answers, for longer than a test may take.
    const service = await startTraced(0, { OTEL_EXPORTER_OTLP_TIMEOUT: "60000" });
    const { modelName } = await clientOf(wayNamed("grpc/2"), service.url).predict(rows(model, [1]));
    expect(modelName).toBe(model);
    await service.stop();
  });
});

describe("without a collector", () => {
  it("the trace context goes to the model server as it came", async () => {
    const { url, upstream } = await startRegistry();
    await clientOf(wayNamed("grpc/2"), url).predict(rows(model, [1]), { headers: { traceparent } });
    expect(upstream.predictions[0]?.headers.traceparent).toBe(traceparent);
  });

  it("neither SDK nor exporter is loaded", async () => {
    // The bundle has no packages that could be told apart.
    const service = await startChildService({ nodeFlags: ["--import", printsPackages], program: "src/main.ts" });
    onTestFinished(() => service.close());
    await send("1.1", { url: service.url, path: `/v1/models/${model}:predict`, body: bodyWith(1) });
    const packages = new Set(service.stderr().trim().split("\n"));
    expect(packages).toContain("prom-client");
    // The types of the API come with prom-client.
    const ofOpenTelemetry = [...packages].filter((name) => name.startsWith("@opentelemetry/"));
    expect(ofOpenTelemetry).toEqual(["@opentelemetry/api"]);
  }, 60_000);
});
