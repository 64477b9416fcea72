import type { JsonObject } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { errorOf, partsOf } from "../support/error-details.ts";
import { answer, predict } from "../support/fake-upstream.ts";
import { httpVersions, jsonOf, send } from "../support/http-client.ts";
import { namespace, type RunningService, startRegistry } from "../support/running-service.ts";
import { until } from "../support/until.ts";
import { transportOf, ways } from "../support/ways.ts";
import { diskFailure } from "./entries.ts";
import { reflectedService, reflections } from "./reflected.ts";
import { typedPredict } from "./typed-client.ts";

const service = "kserve.models.disk_failure_predictor.v1.DiskFailurePredictor";
const path = `/${service}/Predict`;
const full = {
  disk_utilization: 91.5,
  iops: "9007199254740993",
  disk_age_days: 365,
  is_ssd: true,
  "Vendor (short)": "acme",
};
const least = { disk_utilization: 50, is_ssd: false, "Vendor (short)": "initech" };

const typedWays = ways.filter(({ get }) => !get);
const grpc = ways.find(({ name }) => name === "grpc/2")!;

function start(options: Parameters<typeof startRegistry>[0] = {}): Promise<RunningService> {
  return startRegistry({ models: [diskFailure], ...options });
}

describe.each(typedWays)("$name", (way) => {
  it.each(Object.keys(reflections) as (keyof typeof reflections)[])(
    "gets typed predictions by what reflection %s describes",
    async (version) => {
      const { url, upstream, log } = await start();
      upstream.onPredict(
        diskFailure.name,
        answer(200, {
          predictions: [{ failure_probability: 0.9, why: "full" }, { failure_probability: 0.1 }],
          model_version: "7",
        }),
      );
      const described = await reflectedService(transportOf(grpc, url), service, version);
      const response = await typedPredict(transportOf(way, url), described, { instances: [full, least] });
      expect(response).toEqual({
        predictions: [
          {
            failure_probability: 0.9,
            thresholdCrossed: true,
            prediction: { failure_probability: 0.9, why: "full" },
          },
          { failure_probability: 0.1, prediction: { failure_probability: 0.1 } },
        ],
        modelVersion: "7",
      });
      // In declared order, with every digit, the default, and null for what may be null.
      expect(upstream.predictions[0]!.body.toString()).toBe(
        '{"instances":[[91.5,9007199254740993,365.0,true,"acme"],[50.0,5000,null,false,"initech"]]}',
      );
      await until(() => log.calls().some(({ method }) => method === `${service}/Predict`));
      expect(log.calls().find(({ method }) => method === `${service}/Predict`)).toMatchObject({
        protocol: way.protocol,
        model: diskFailure.name,
        outcome: "ok",
      });
    },
  );

  it("says what is wrong by instance and feature", async () => {
    const { url, upstream } = await start();
    const transport = transportOf(way, url);
    const described = await reflectedService(transportOf(grpc, url), service);
    const wrong = { ...full, disk_utilization: 101, "Vendor (short)": "other" };
    const error = await errorOf(typedPredict(transport, described, { instances: [full, wrong, { iops: -1 }] }));
    expect(partsOf(error)).toMatchObject({
      code: "InvalidArgument",
      reason: "INVALID_INSTANCE",
      domain: "kserve-model-registry",
      metadata: { model: diskFailure.name, namespace },
      fields: [
        "instances[1].disk_utilization",
        "instances[1].Vendor (short)",
        "instances[2].iops",
        "instances[2].disk_utilization",
        "instances[2].is_ssd",
        "instances[2].Vendor (short)",
      ],
    });
    expect(upstream.predictions).toEqual([]);
  });

  it.each<readonly [string, JsonObject, string, unknown, object]>([
    ["no instance", {}, "InvalidArgument", predict([]), { reason: "INVALID_REQUEST", fields: ["instances"] }],
    [
      "a prediction without its value",
      { instances: [full] },
      "Internal",
      predict([{ p: 1 }]),
      { reason: "MODEL_BAD_ANSWER" },
    ],
    [
      "a model that fails",
      { instances: [full] },
      "Internal",
      answer(500, { error: "boom" }),
      { reason: "MODEL_FAILED" },
    ],
    ["a model that is not ready", { instances: [full] }, "Unavailable", answer(503, ""), { reason: "MODEL_NOT_READY" }],
  ])("answers as every other RPC to %s", async (_, request, code, behaviour, parts) => {
    const { url, upstream } = await start();
    upstream.onPredict(diskFailure.name, behaviour as never);
    const described = await reflectedService(transportOf(grpc, url), service);
    const error = await errorOf(typedPredict(transportOf(way, url), described, request));
    expect(partsOf(error)).toMatchObject({ code, ...parts });
  });

  it("takes no message above the limit", async () => {
    const { url } = await start({ env: { MAX_REQUEST_SIZE: "1KiB" } });
    const described = await reflectedService(transportOf(grpc, url), service);
    const instances = Array.from({ length: 200 }, () => full);
    const error = await errorOf(typedPredict(transportOf(way, url), described, { instances }));
    expect(partsOf(error)).toMatchObject({ code: "ResourceExhausted" });
  });

  it("returns the request id, and sends it to the model", async () => {
    const { url, upstream } = await start();
    upstream.onPredict(diskFailure.name, predict([{ failure_probability: 0 }]));
    const described = await reflectedService(transportOf(grpc, url), service);
    let returned: string | null = null;
    await typedPredict(
      transportOf(way, url),
      described,
      { instances: [full] },
      {
        headers: { "x-request-id": "typed-1" },
        onHeader: (headers) => {
          returned = headers.get("x-request-id");
        },
      },
    );
    expect(returned).toBe("typed-1");
    expect(upstream.predictions[0]!.headers["x-request-id"]).toBe("typed-1");
  });
});

describe.each(httpVersions)("JSON over HTTP/%s", (version) => {
  it("takes the features by their own names, with nothing generated", async () => {
    const { url, upstream } = await start();
    upstream.onPredict(diskFailure.name, predict([{ failure_probability: 0.7 }]));
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ instances: [{ ...least, iops: 12 }] });
    const response = await send(version, { url, path, headers, body });
    expect(response.status).toBe(200);
    expect(jsonOf(response)).toEqual({
      predictions: [{ failure_probability: 0.7, thresholdCrossed: true, prediction: { failure_probability: 0.7 } }],
    });
    expect(upstream.predictions[0]!.body.toString()).toBe('{"instances":[[50.0,12,null,false,"initech"]]}');
  });

  it("refuses a name that is not a feature", async () => {
    const { url } = await start();
    const headers = { "content-type": "application/json" };
    const response = await send(version, { url, path, headers, body: '{"instances":[{"disk":1}]}' });
    expect(response.status).toBe(400);
    expect(jsonOf(response)).toMatchObject({ code: "invalid_argument", message: expect.stringContaining('"disk"') });
  });

  it("knows the path in its one spelling alone", async () => {
    const { url } = await start({ models: [diskFailure, { name: "plain" }] });
    const headers = { "content-type": "application/json" };
    for (const other of [
      "/kserve.models.disk-failure-predictor.v1.DiskFailurePredictor/Predict",
      "/kserve.models.disk_failure_predictor.v1.Diskfailurepredictor/Predict",
      "/kserve.models.disk_failure_predictor.v1.DiskFailurePredictor/predict",
      "/kserve.models.other.v1.Other/Predict",
      // Declares no features.
      "/kserve.models.plain.v1.Plain/Predict",
    ]) {
      expect((await send(version, { url, path: other, headers, body: "{}" })).status, other).toBe(404);
    }
  });
});

it("counts typed calls in the metrics under one method for all models, and no others", async () => {
  const { url, upstream } = await start();
  upstream.onPredict(diskFailure.name, predict([{ failure_probability: 0.7 }]));
  const headers = { "content-type": "application/json" };
  await send("1.1", { url, path, headers, body: JSON.stringify({ instances: [full] }) });
  await send("1.1", { url, path: "/kserve.models.made_up.v1.MadeUp/Predict", headers, body: "{}" });
  const metrics = async (): Promise<string> => (await send("1.1", { url, path: "/metrics" })).body;
  await until(async () => (await metrics()).includes("kserve.models.*"));
  const text = await metrics();
  expect(text).toContain(
    `kserve_registry_calls_total{method="kserve.models.*/Predict",protocol="connect",outcome="ok"} 1`,
  );
  expect(text).toMatch(/^kserve_inference_requests_total\{model="disk-failure-predictor",.*\} 1$/m);
  expect(text).not.toContain("made_up");
});
