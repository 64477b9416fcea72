import { createClient } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { Health } from "../../gen/grpc/health/v1/health_pb.ts";
import { GRPCInferenceService } from "../../gen/inference/grpc_service_pb.ts";
import { errorOf, partsOf } from "../support/error-details.ts";
import { httpVersions, send } from "../support/http-client.ts";
import { wayNamed } from "../support/predict-forms.ts";
import { openRaw } from "../support/raw-connection.ts";
import { until } from "../support/until.ts";
import { transportOf, ways } from "../support/ways.ts";
import { bearer, startGuarded } from "./support/guarded-service.ts";

const probes = ["/", "/livez", "/readyz", "/readyz/health", "/readyz/isDirty", "/v2/health/live", "/v2/health/ready"];
const grpc = wayNamed("grpc/2");

describe.each(httpVersions)("without a token over HTTP/%s", (version) => {
  it.each([
    ["unset", {}, [...probes, "/metrics"]],
    ["health", { AUTH_OPEN: "health" }, probes],
    ["metrics,openapi", { AUTH_OPEN: "metrics,openapi" }, ["/metrics", "/openapi.json"]],
    ["none", { AUTH_OPEN: "none" }, []],
  ])("AUTH_OPEN=%s leaves open what it says", async (_title, env, open) => {
    const { url } = await startGuarded(env);
    const all = [...probes, "/metrics", "/openapi.json", "/v1/models"];
    const found = await Promise.all(all.map(async (path) => [path, (await send(version, { url, path })).status]));
    expect(Object.fromEntries(found)).toEqual(
      Object.fromEntries(all.map((path) => [path, open.includes(path) ? 200 : 401])),
    );
  });

  it("a browser may ask what it may send", async () => {
    const { url } = await startGuarded();
    const headers = { origin: "https://page.example", "access-control-request-method": "POST" };
    const path = "/kserve.registry.v1.ModelRegistry/Predict";
    const asked = await send(version, { url, path, method: "OPTIONS", headers });
    expect([asked.status, asked.headers["access-control-allow-headers"]]).toEqual([
      204,
      expect.stringContaining("Authorization"),
    ]);
    // And reads why it was refused.
    for (const contentType of ["application/json", "application/grpc-web+proto"]) {
      const sent = { origin: "https://page.example", "content-type": contentType };
      const refused = await send(version, { url, path, body: "{}", headers: sent });
      expect(refused.headers["access-control-allow-origin"]).toBe("*");
    }
  });
});

describe("gRPC health without a token", () => {
  it("describes the server, and not its models", async () => {
    const { url } = await startGuarded();
    const health = createClient(Health, transportOf(grpc, url));
    expect((await health.check({ service: "" })).status).toBe(1);
    expect(Object.keys((await health.list({})).statuses).sort()).toEqual([
      "",
      "inference.GRPCInferenceService",
      "kserve.registry.v1.ModelRegistry",
    ]);
    for (const service of ["mine", "none"]) {
      expect(partsOf(await errorOf(health.check({ service })))).toMatchObject({ reason: "UNAUTHENTICATED" });
    }
  });

  it("describes the models of a token that comes all the same", async () => {
    const { url, issuer } = await startGuarded();
    const health = createClient(Health, transportOf(grpc, url));
    const headers = bearer(await issuer.token({ models: ["mine"] }));
    expect(Object.keys((await health.list({}, { headers })).statuses)).toContain("mine");
    expect(Object.keys((await health.list({}, { headers })).statuses)).not.toContain("theirs");
  });

  it("says nothing with AUTH_OPEN=none", async () => {
    const { url } = await startGuarded({ AUTH_OPEN: "none" });
    const health = createClient(Health, transportOf(grpc, url));
    expect(partsOf(await errorOf(health.check({ service: "" })))).toMatchObject({ reason: "UNAUTHENTICATED" });
  });
});

describe.each(ways.filter(({ get }) => !get))("the Open Inference Protocol without a token over $name", (way) => {
  it("tells whether the server is ready, and nothing of models", async () => {
    const { url } = await startGuarded();
    const client = createClient(GRPCInferenceService, transportOf(way, url));
    expect(await client.serverLive({})).toMatchObject({ live: true });
    expect(await client.serverReady({})).toMatchObject({ ready: true });
    for (const call of [client.modelReady({ name: "mine" }), client.serverMetadata({}), client.repositoryIndex({})]) {
      expect(partsOf(await errorOf(call))).toMatchObject({ reason: "UNAUTHENTICATED" });
    }
  });

  it("tells nothing with AUTH_OPEN=none", async () => {
    const { url } = await startGuarded({ AUTH_OPEN: "none" });
    const client = createClient(GRPCInferenceService, transportOf(way, url));
    for (const call of [client.serverLive({}), client.serverReady({})]) {
      expect(partsOf(await errorOf(call))).toMatchObject({ reason: "UNAUTHENTICATED" });
    }
  });
});

describe("bodies of callers without a token", () => {
  it("have little of the memory, so that a caller with one and a probe get theirs", async () => {
    const { url, port, issuer } = await startGuarded({ MAX_BYTES_IN_MEMORY: "1MiB", MAX_REQUEST_SIZE: "1MiB" });
    const check = "/grpc.health.v1.Health/Check";
    const holding = Array.from({ length: 3 }, async () => {
      const connection = await openRaw(port);
      connection.write(
        `POST ${check} HTTP/1.1\r\nhost: x\r\ncontent-type: application/proto\r\ncontent-length: 65000\r\n\r\n`,
      );
      connection.write(Buffer.alloc(40_000));
      return connection;
    });
    const connections = await Promise.all(holding);
    const refused = () => connections.filter((one) => one.received().includes("without credentials")).length;
    await until(() => refused() === 2, "two of three are refused");
    const health = createClient(Health, transportOf(grpc, url));
    expect((await health.check({ service: "" })).status).toBe(1);
    const headers = bearer(await issuer.token({ models: ["mine"] }));
    const body = `{"instances":[${"[1],".repeat(20_000)}[1]]}`;
    expect((await send("1.1", { url, path: "/v1/models/mine:predict", headers, body })).status).toBe(200);
    for (const connection of connections) connection.destroy();
  });
});
