import { createClient } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { Health, HealthCheckResponse_ServingStatus as Status } from "../../gen/grpc/health/v1/health_pb.ts";
import { clientOf, rows } from "../support/clients.ts";
import { errorOf, partsOf } from "../support/error-details.ts";
import { httpVersions, jsonOf, send } from "../support/http-client.ts";
import { predictWays, wayNamed } from "../support/predict-forms.ts";
import { model, startRegistry } from "../support/running-service.ts";
import { transportOf } from "../support/ways.ts";

const env = { ENABLE_KSERVE_INTEGRATION: "false" };

describe("ENABLE_KSERVE_INTEGRATION=false", () => {
  it("starts without models, and says so", async () => {
    const { log } = await startRegistry({ env: { ...env, KSERVE_MODEL_REGISTRY: undefined } });
    expect(log.lines).toContainEqual(
      expect.objectContaining({ level: "warn", msg: expect.stringContaining("ENABLE_KSERVE_INTEGRATION=false") }),
    );
    expect(log.lines).toContainEqual(expect.objectContaining({ msg: "Loaded 0 models from registry" }));
  });

  it.each(predictWays)("lists nothing and refuses predictions by $name", async (way) => {
    const { url, upstream } = await startRegistry({ env });
    const client = clientOf(way, url);
    expect((await client.listModels({})).models).toEqual([]);
    for (const call of [client.predict(rows(model, [1])), client.getModel({ name: model })]) {
      expect(partsOf(await errorOf(call))).toMatchObject({
        code: "FailedPrecondition",
        reason: "INTEGRATION_DISABLED",
      });
    }
    expect(upstream.connections()).toBe(0);
  });

  it.each(httpVersions)("lists nothing and refuses predictions over REST and HTTP/%s", async (version) => {
    const { url } = await startRegistry({ env });
    expect(jsonOf(await send(version, { url, path: "/api/v1/models" }))).toEqual({ models: [] });
    expect(jsonOf(await send(version, { url, path: "/v1/models" }))).toEqual({ models: [] });
    const response = await send(version, { url, path: `/v1/models/${model}:predict`, body: "{}" });
    expect([response.status, response.headers["x-error-reason"]]).toEqual([400, "INTEGRATION_DISABLED"]);
  });

  it("is healthy and ready", async () => {
    const { url } = await startRegistry({ env });
    const { status } = await createClient(Health, transportOf(wayNamed("grpc/2"), url)).check({});
    expect(status).toBe(Status.SERVING);
    for (const path of ["/livez", "/readyz", "/readyz/health", "/readyz/isDirty"]) {
      expect((await send("1.1", { url, path })).status).toBe(200);
    }
  });
});

describe("no source of models at all", () => {
  it("refuses the start, and names the variables and the demo", async () => {
    const start = startRegistry({ env: { KSERVE_MODEL_REGISTRY: undefined } });
    await expect(start).rejects.toThrow(/KSERVE_MODEL_REGISTRY/);
    await expect(start).rejects.toThrow(/KSERVE_ANOMALY_DETECTOR_SERVICE/);
    await expect(start).rejects.toThrow(/ENABLE_KSERVE_INTEGRATION=false/);
    await expect(start).rejects.toThrow(/npm run demo/);
  });
});
