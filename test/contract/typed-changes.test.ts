import { request } from "node:http";
import { json } from "node:stream/consumers";
import type { FileRegistry } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { errorOf, partsOf } from "../support/error-details.ts";
import { send } from "../support/http-client.ts";
import { transportOf, ways } from "../support/ways.ts";
import { startChangingServer } from "./changing-server.ts";
import { describeBy, listServices, reflectedService, reflections } from "./reflected.ts";
import { typedPredict } from "./typed-client.ts";

const grpc = ways.find(({ name }) => name === "grpc/2")!;
const typedWays = ways.filter(({ get }) => !get);

const service = "kserve.models.disk.v1.Disk";
const fixed = [
  "grpc.health.v1.Health",
  "grpc.reflection.v1.ServerReflection",
  "grpc.reflection.v1alpha.ServerReflection",
  "inference.GRPCInferenceService",
  "kserve.registry.v1.ModelRegistry",
];

describe("a typed service", () => {
  it.each(Object.keys(reflections) as (keyof typeof reflections)[])(
    "is listed by reflection %s while its model declares features",
    async (version) => {
      const { url, apply } = await startChangingServer({ models: [] });
      const transport = transportOf(grpc, url);
      expect(await listServices(transport, version)).toEqual(fixed);
      apply([{ name: "disk", inputFeatures: ["a"] }, { name: "plain" }]);
      expect(await listServices(transport, version)).toEqual([...fixed, service].sort());
      apply([{ name: "disk" }, { name: "plain" }]);
      expect(await listServices(transport, version)).toEqual(fixed);
      apply([{ name: "disk", inputFeatures: ["a"] }]);
      apply([]);
      expect(await listServices(transport, version)).toEqual(fixed);
    },
  );

  it("is found by all its symbols and by its file, with what it imports", async () => {
    const { url } = await startChangingServer({ models: [{ name: "disk", inputFeatures: ["a b"] }] });
    const transport = transportOf(grpc, url);
    for (const value of [
      service,
      `.${service}`,
      `${service}.Predict`,
      "kserve.models.disk.v1.Instance",
      "kserve.models.disk.v1.Instance.a_b",
      "kserve.models.disk.v1.Prediction.prediction",
    ]) {
      const described = (await describeBy(transport, { case: "fileContainingSymbol", value })) as FileRegistry;
      expect(
        [...described.files].map(({ proto }) => proto.name),
        value,
      ).toEqual(["google/protobuf/struct.proto", "kserve/models/disk/v1/disk.proto"]);
    }
    const file = { case: "fileByFilename", value: "kserve/models/disk/v1/disk.proto" } as const;
    expect((await describeBy(transport, file)) as FileRegistry).toMatchObject({ kind: "registry" });
  });

  it.each([
    "kserve.models.disk.v1",
    "kserve.models.disk.v1.Other",
    "kserve.models.other.v1.Other",
    "kserve.models.plain.v1.Plain",
  ])("has no symbol %s", async (value) => {
    const { url } = await startChangingServer({ models: [{ name: "disk", inputFeatures: ["a"] }, { name: "plain" }] });
    expect(await describeBy(transportOf(grpc, url), { case: "fileContainingSymbol", value })).toBe(
      `symbol ${value} is not known`,
    );
  });

  it.each(typedWays)("follows its entry over $name", async (way) => {
    const sent: string[] = [];
    const { url, apply } = await startChangingServer({
      models: [{ name: "disk", inputFeatures: ["a"] }],
      predict: ({ body }) => {
        sent.push(Buffer.from(body).toString());
        return '{"predictions":[{"p":2}]}';
      },
    });
    const transport = transportOf(way, url);
    const before = await reflectedService(transportOf(grpc, url), service);
    expect(await typedPredict(transport, before, { instances: [{ a: 1 }] })).toEqual({
      predictions: [{ prediction: { p: 2 } }],
    });

    apply([
      {
        name: "disk",
        inputFeatures: ["a", { name: "b", type: "string" }],
        outputFormat: { field: "p", labels: { 2: "two" } },
      },
    ]);
    const after = await reflectedService(transportOf(grpc, url), service);
    expect(await typedPredict(transport, after, { instances: [{ b: "x", a: 1 }] })).toEqual({
      predictions: [{ p: 2, label: "two", prediction: { p: 2 } }],
    });
    expect(sent).toEqual(['{"instances":[[1.0]]}', '{"instances":[[1.0,"x"]]}']);
    // A client of before does not know the new feature, and gets an error that says so.
    const outdated = await errorOf(typedPredict(transport, before, { instances: [{ a: 1 }] }));
    expect(partsOf(outdated)).toMatchObject({ reason: "INVALID_INSTANCE", fields: ["instances[0].b"] });

    apply([]);
    expect(partsOf(await errorOf(typedPredict(transport, after, { instances: [{ a: 1 }] })))).toEqual({
      code: "Unimplemented",
    });
  });

  it("serves a call during which its model changes: the old contract decodes it, the new one validates it", async () => {
    const { url, apply } = await startChangingServer({
      models: [{ name: "disk", inputFeatures: ["a"] }],
      predict: () => '{"predictions":[3]}',
    });
    const format = { outputFormat: { threshold: 1 } };
    const answered = await sendSlowly(url, '{"instances":[{"a":1}]}', () => {
      apply([{ name: "disk", inputFeatures: ["a"], ...format }]);
    });
    expect(answered).toEqual({ predictions: [{ value: 3, prediction: 3 }] });
    const refused = await sendSlowly(url, '{"instances":[{"a":1}]}', () => {
      apply([{ name: "disk", inputFeatures: ["a", "b"], ...format }]);
    });
    expect(refused).toMatchObject({ code: "invalid_argument", message: "instances[0].b: is missing" });
  });

  it("does not take a call to the model that comes to hold the name under it", async () => {
    const namesake = (namespace: string) => ({ name: "disk", namespace, inputFeatures: ["a"] });
    const called: string[] = [];
    const { url, apply } = await startChangingServer({
      models: [namesake("team-a"), namesake("team-b")],
      predict: ({ model }) => {
        called.push(model.namespace);
        return '{"predictions":[3]}';
      },
    });
    const body = '{"instances":[{"a":1}]}';
    const refused = await sendSlowly(url, body, () => apply([namesake("team-b")]));
    expect(refused).toMatchObject({ code: "unavailable", message: expect.stringMatching(/team-b; call again$/) });
    expect(called).toEqual([]);
    expect(await sendSlowly(url, body, () => undefined)).toEqual({ predictions: [{ value: 3, prediction: 3 }] });
    expect(called).toEqual(["team-b"]);
  });

  it("is shown by GetModel and by its text", async () => {
    const { url, apply } = await startChangingServer({ models: [{ name: "disk", inputFeatures: ["a"] }] });
    const text = async (): Promise<string> => (await send("1.1", { url, path: "/api/v1/models/disk/contract" })).body;
    expect(await text()).toContain("optional double a = 1;");
    apply([{ name: "disk", inputFeatures: [{ name: "a", type: "string" }] }]);
    expect(await text()).toContain("optional string a = 1;");
  });
});

/** Sends the head of a typed call, does something once the server has it, and sends the body. */
function sendSlowly(url: string, body: string, meanwhile: () => void): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": body.length, expect: "100-continue" };
    const call = request(`${url}/${service}/Predict`, { method: "POST", headers, agent: false }, (response) => {
      json(response).then(resolve, reject);
    });
    call.on("continue", () => {
      meanwhile();
      call.end(body);
    });
    call.on("error", reject);
    call.flushHeaders();
  });
}
