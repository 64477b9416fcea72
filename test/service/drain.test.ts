import { createClient } from "@connectrpc/connect";
import { describe, expect, it, onTestFinished } from "vitest";
import { Health, HealthCheckResponse_ServingStatus as Status } from "../../gen/grpc/health/v1/health_pb.ts";
import { type ChildService, startChildService } from "../support/child-service.ts";
import { clientOf, rows } from "../support/clients.ts";
import { httpVersions, jsonOf, send } from "../support/http-client.ts";
import { expectNoSockets } from "../support/open-sockets.ts";
import { bodyWith, predictWays, wayNamed } from "../support/predict-forms.ts";
import { model } from "../support/running-service.ts";
import { until } from "../support/until.ts";
import { transportOf } from "../support/ways.ts";

async function startProcess(shutdownDelay: string): Promise<ChildService> {
  const service = await startChildService({ env: { SHUTDOWN_DELAY: shutdownDelay } });
  onTestFinished(async () => {
    await service.close();
    await expectNoSockets();
  });
  return service;
}

async function isReady({ url }: ChildService): Promise<boolean> {
  return (await send("1.1", { url, path: "/readyz" })).status === 200;
}

describe("a server that was asked to end by SIGTERM", () => {
  it("serves on over new connections while it says that it is not ready", async () => {
    const service = await startProcess("5m");
    service.child.kill("SIGTERM");
    await until(async () => !(await isReady(service)), "the server is not ready");
    const readiness = await send("1.1", { url: service.url, path: "/readyz" });
    expect(jsonOf(readiness)).toEqual({ status: "not ready", reason: "the server is stopping" });
    const health = createClient(Health, transportOf(wayNamed("grpc/2"), service.url));
    expect((await health.check({})).status).toBe(Status.NOT_SERVING);
    for (const way of predictWays) {
      expect((await clientOf(way, service.url).predict(rows(model, [1]))).modelName).toBe(model);
    }
    for (const version of httpVersions) {
      const path = `/v1/models/${model}:predict`;
      const answer = await send(version, { url: service.url, path, body: bodyWith(2) });
      expect(jsonOf(answer)).toEqual({ predictions: [0, 1] });
      expect(answer.headers.connection).toBe(version === "1.1" ? "close" : undefined);
    }
    expect(service.child.exitCode).toBe(null);
  });

  it("ends with 0 when SHUTDOWN_DELAY is over", async () => {
    const service = await startProcess("200ms");
    service.child.kill("SIGTERM");
    expect(await service.exit).toBe(0);
    expect(service.lines.map(({ msg }) => msg).slice(-3)).toEqual([
      "No longer ready: serving for another 200 ms",
      "Stopping: no longer ready, finishing calls in flight",
      "Stopped",
    ]);
    expect(service.stderr()).toBe("");
  });

  it("ends the hard way by a second SIGTERM", async () => {
    const service = await startProcess("5m");
    service.child.kill("SIGTERM");
    await until(async () => !(await isReady(service)), "the server is not ready");
    service.child.kill("SIGTERM");
    expect(await service.exit).toBe("SIGTERM");
  });
});

describe("a server that was asked to end by SIGINT", () => {
  it("does not wait for SHUTDOWN_DELAY", async () => {
    const service = await startProcess("5m");
    service.child.kill("SIGINT");
    expect(await service.exit).toBe(0);
    expect(service.stderr()).toBe("");
  });
});
