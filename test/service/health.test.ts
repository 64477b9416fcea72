import { type Client, createClient, createRouterTransport } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { Health, HealthCheckResponse_ServingStatus as Status } from "../../gen/grpc/health/v1/health_pb.ts";
import { errorInterceptor } from "../../src/api/rpc/interceptors.ts";
import { registerRoutes } from "../../src/api/rpc/routes.ts";
import { errorOf } from "../support/error-details.ts";
import { answer } from "../support/fake-upstream.ts";
import { createParts, type Parts } from "../support/parts.ts";
import { predictWays, wayNamed } from "../support/predict-forms.ts";
import { model, startRegistry } from "../support/running-service.ts";
import { transportOf } from "../support/ways.ts";

const service = "kserve.registry.v1.ModelRegistry";
const grpc = wayNamed("grpc/2");

function statusName(status: Status): string {
  return Object.entries(Status).find(([, value]) => value === status)?.[0] ?? String(status);
}

function healthInMemory(parts: Parts): Client<typeof Health> {
  const transport = createRouterTransport((router) => registerRoutes(router, parts.rpc), {
    router: { interceptors: [errorInterceptor] },
  });
  return createClient(Health, transport);
}

describe("health by Check", () => {
  it.each(predictWays)("says SERVING for the server, the service and a ready model, by $name", async (way) => {
    const { url } = await startRegistry();
    const health = createClient(Health, transportOf(way, url));
    for (const name of ["", service, model]) {
      expect(statusName((await health.check({ service: name })).status)).toBe("SERVING");
    }
  });

  it.each<[string, ReturnType<typeof answer>]>([
    ["says that it is not ready", answer(503, { error: "not ready" })],
    ["does not know it", answer(404, { error: "does not exist" })],
  ])("says NOT_SERVING for a model whose server %s", async (_title, readiness) => {
    const { url, upstream } = await startRegistry();
    upstream.onReadiness(model, readiness);
    const health = createClient(Health, transportOf(grpc, url));
    expect(statusName((await health.check({ service: model })).status)).toBe("NOT_SERVING");
    expect(statusName((await health.check({ service: "" })).status)).toBe("SERVING");
  });

  it("answers for a typed service as for its model", async () => {
    const features = { inputFeatures: ["cpu"] };
    const { url, upstream } = await startRegistry({
      models: [{ name: "ready", ...features }, { name: "busy-one", ...features }, { name: "untyped" }],
    });
    upstream.onReadiness("busy-one", answer(503, { error: "not ready" }));
    const health = createClient(Health, transportOf(grpc, url));
    const statusOf = async (name: string): Promise<string> =>
      statusName((await health.check({ service: name })).status);
    expect(await statusOf("kserve.models.ready.v1.Ready")).toBe("SERVING");
    expect(await statusOf("kserve.models.busy_one.v1.BusyOne")).toBe("NOT_SERVING");
    for (const name of ["kserve.models.ready.v1.Other", "kserve.models.untyped.v1.Untyped", "kserve.models.no.v1.No"]) {
      expect((await errorOf(health.check({ service: name }))).code).toBe(5);
    }
    for await (const { status } of health.watch({ service: "kserve.models.ready.v1.Ready" })) {
      expect(statusName(status)).toBe("SERVING");
      break;
    }
  });

  it("says NOT_SERVING for a model that cannot be reached", async () => {
    const { url } = await startRegistry({ models: [{ name: model, url: "http://127.0.0.1:1" }] });
    const health = createClient(Health, transportOf(grpc, url));
    expect(statusName((await health.check({ service: model })).status)).toBe("NOT_SERVING");
  });

  it.each(["no-such-model", "grpc.health.v1.Health", "constructor", "x".repeat(5000)])(
    "knows nothing of %.30s",
    async (name) => {
      const { url } = await startRegistry();
      const error = await errorOf(createClient(Health, transportOf(grpc, url)).check({ service: name }));
      expect(error.code).toBe(5);
      expect(error.rawMessage.length).toBeLessThan(300);
    },
  );

  it("asks a model once for several checks at once", async () => {
    const { url, upstream } = await startRegistry();
    const health = createClient(Health, transportOf(grpc, url));
    await Promise.all(Array.from({ length: 5 }, () => health.check({ service: model })));
    expect(upstream.checks).toHaveLength(1);
  });
});

describe("health by List", () => {
  it("has the server, the service and every model", async () => {
    const { url } = await startRegistry({ models: [{ name: "a" }, { name: "b" }] });
    const health = createClient(Health, transportOf(grpc, url));
    await health.check({ service: "a" });
    const { statuses } = await health.list({});
    const names = Object.fromEntries(Object.entries(statuses).map(([name, { status }]) => [name, statusName(status)]));
    expect(names).toEqual({
      "": "SERVING",
      [service]: "SERVING",
      "inference.GRPCInferenceService": "SERVING",
      a: "SERVING",
      b: "UNKNOWN",
    });
  });
});

describe("health by Watch", () => {
  it("says what a model is, and every change", async () => {
    const parts = createParts();
    const seen: string[] = [];
    const changes = [
      () => parts.setState(model, "ready"),
      () => parts.setState(model, "not-ready"),
      // The reason alone is not a change.
      () => {
        parts.setState(model, "unreachable");
        parts.setState(model, "ready");
      },
      () => parts.apply([]),
      () => parts.apply([{ name: model }]),
      () => parts.stop(),
    ];
    for await (const { status } of healthInMemory(parts).watch({ service: model })) {
      seen.push(statusName(status));
      changes.shift()?.();
    }
    expect(seen).toEqual(["UNKNOWN", "SERVING", "NOT_SERVING", "SERVING", "SERVICE_UNKNOWN", "UNKNOWN", "NOT_SERVING"]);
  });

  it("says SERVICE_UNKNOWN for what is not there, and stays open until it is", async () => {
    const parts = createParts({ models: [] });
    const seen: string[] = [];
    for await (const { status } of healthInMemory(parts).watch({ service: "later" })) {
      seen.push(statusName(status));
      if (seen.length === 1) parts.apply([{ name: "later" }]);
      else break;
    }
    expect(seen).toEqual(["SERVICE_UNKNOWN", "UNKNOWN"]);
  });

  it("sees a model server come and go", async () => {
    const { url, upstream } = await startRegistry({ env: { KSERVE_READINESS_INTERVAL: "1s" } });
    upstream.onReadiness(model, answer(503, { error: "loading" }));
    const seen: string[] = [];
    for await (const { status } of createClient(Health, transportOf(grpc, url)).watch({ service: model })) {
      seen.push(statusName(status));
      if (statusName(status) === "NOT_SERVING") upstream.onReadiness(model, answer(200, { ready: true }));
      else if (seen.includes("NOT_SERVING")) break;
    }
    expect(seen.slice(-2)).toEqual(["NOT_SERVING", "SERVING"]);
  });

  it("ends when the caller leaves", async () => {
    const { url, log } = await startRegistry();
    const caller = new AbortController();
    const watch = async (): Promise<void> => {
      const health = createClient(Health, transportOf(grpc, url));
      for await (const _ of health.watch({ service: "" }, { signal: caller.signal })) caller.abort();
    };
    expect((await errorOf(watch())).code).toBe(1);
    await expect.poll(() => log.calls().length).toBe(1);
  });
});
