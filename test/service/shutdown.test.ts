import { createClient } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { Health, HealthCheckResponse_ServingStatus as Status } from "../../gen/grpc/health/v1/health_pb.ts";
import { WatchEvent } from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import { clientOf, rows } from "../support/clients.ts";
import { errorOf, partsOf } from "../support/error-details.ts";
import { delayed, hang, predict } from "../support/fake-upstream.ts";
import { send } from "../support/http-client.ts";
import { bodyWith, predictWays, wayNamed } from "../support/predict-forms.ts";
import { openRaw } from "../support/raw-connection.ts";
import { model, startRegistry } from "../support/running-service.ts";
import { until } from "../support/until.ts";
import { transportOf } from "../support/ways.ts";

const grpc = wayNamed("grpc/2");

/** More than a test may take: who waited for the end of the grace would fail. */
const longGrace = { SHUTDOWN_GRACE: "1m" };

/** Nothing but the grace ends a request that stops half way. */
const shortGrace = { SHUTDOWN_GRACE: "150ms", HEADERS_TIMEOUT: "1m", BODY_TIMEOUT: "1m" };

describe("a service that stops", () => {
  it("is done at once when nothing is under way, though connections are open", async () => {
    const service = await startRegistry({ env: longGrace });
    for (const way of predictWays) await clientOf(way, service.url).listModels({});
    await service.stop();
  });

  it.each(predictWays)("finishes a prediction that is under way by $name", async (way) => {
    const service = await startRegistry({ env: longGrace });
    service.upstream.onPredict(model, delayed(150, predict([7])));
    const call = clientOf(way, service.url).predict(rows(model, [1]));
    await until(() => service.upstream.predictions.length > 0);
    const stopped = service.stop();
    expect((await call).modelName).toBe(model);
    await stopped;
    expect(service.log.calls().map(({ outcome }) => outcome)).toEqual(["ok"]);
  });

  it("has the connections of calls that are under way close behind their answers, and begins nothing behind them", async () => {
    const service = await startRegistry();
    service.upstream.onPredict(model, delayed(150, predict([7])));
    const connection = await openRaw(service.port);
    const body = bodyWith(1);
    connection.write(
      `POST /v1/models/${model}:predict HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    await until(() => service.upstream.predictions.length > 0);
    const stopped = service.stop();
    connection.write("GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n");
    const received = await connection.closed();
    expect(received).toMatch(/^HTTP\/1\.1 200 .*connection: close.*{"predictions":\[7\]}$/is);
    await stopped;
  });

  it("takes no new connections", async () => {
    const service = await startRegistry();
    service.upstream.onPredict(model, delayed(150, predict([7])));
    const call = clientOf(grpc, service.url).predict(rows(model, [1]));
    await until(() => service.upstream.predictions.length > 0);
    const stopped = service.stop();
    await expect(send("1.1", { url: service.url, path: "/livez" })).rejects.toThrow("ECONNREFUSED");
    await call;
    await stopped;
  });

  it.each(["", "kserve.registry.v1.ModelRegistry", model])(
    "says NOT_SERVING to a watch of %j, and ends it",
    async (name) => {
      const service = await startRegistry();
      const health = createClient(Health, transportOf(grpc, service.url));
      const statuses: Status[] = [];
      for await (const { status } of health.watch({ service: name })) {
        if (statuses.length === 0) void service.stop();
        statuses.push(status);
      }
      expect(statuses).toEqual([Status.SERVING, Status.NOT_SERVING]);
    },
  );

  it("ends a watch of a service that it does not know", async () => {
    const service = await startRegistry();
    const health = createClient(Health, transportOf(grpc, service.url));
    const statuses: Status[] = [];
    for await (const { status } of health.watch({ service: "no-such-model" })) {
      if (statuses.push(status) === 1) void service.stop();
    }
    expect(statuses).toEqual([Status.SERVICE_UNKNOWN]);
  });

  it.each(predictWays)("ends watches of models by $name, and says why", async (way) => {
    const service = await startRegistry({ env: longGrace });
    let stopped: Promise<void> | undefined;
    const watch = async (): Promise<void> => {
      for await (const { event } of clientOf(way, service.url).watchModels({})) {
        if (event === WatchEvent.SYNCED) stopped = service.stop();
      }
    };
    expect(partsOf(await errorOf(watch()))).toMatchObject({ code: "Unavailable", reason: "SHUTTING_DOWN" });
    await stopped;
  });

  it.each(predictWays)("cuts a call that outlasts the grace, by $name", async (way) => {
    const service = await startRegistry({ env: { SHUTDOWN_GRACE: "150ms" } });
    service.upstream.onPredict(model, hang());
    const call = errorOf(clientOf(way, service.url).predict(rows(model, [1])));
    await until(() => service.upstream.predictions.length > 0);
    const started = performance.now();
    await service.stop();
    expect(performance.now() - started).toBeGreaterThan(100);
    await call;
  });

  it.each([
    ["that never sends", ""],
    ["that stops within its first word", "P"],
    ["that stops within the preface of HTTP/2", "PRI * HT"],
  ])("is not held up at all by a connection %s", async (_title, bytes) => {
    const service = await startRegistry({ env: longGrace });
    const connection = await openRaw(service.port);
    connection.write(bytes);
    await send("1.1", { url: service.url, path: "/livez" });
    await service.stop();
    await connection.closed();
  });

  it.each([
    ["a connection that stops within a head", "GET / HTTP/1.1\r\nhost"],
    ["a connection that stops within a body", "POST /x HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n"],
  ])("is not held up beyond the grace by %s", async (_title, bytes) => {
    const service = await startRegistry({ env: shortGrace });
    const connection = await openRaw(service.port);
    connection.write(bytes);
    await send("1.1", { url: service.url, path: "/livez" });
    await service.stop();
    await connection.closed();
  });

  it("stops once, however often it is asked", async () => {
    const service = await startRegistry();
    await Promise.all([service.stop(), service.stop()]);
    await service.stop();
    expect(service.log.lines.filter(({ msg }) => msg === "Stopped")).toHaveLength(1);
  });
});
