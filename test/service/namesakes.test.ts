import { createClient } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { Health, HealthCheckResponse_ServingStatus as Status } from "../../gen/grpc/health/v1/health_pb.ts";
import { WatchEvent } from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import { wordOf } from "../../src/cli/output/words.ts";
import { startChangingServer } from "../contract/changing-server.ts";
import { clientOf, rows } from "../support/clients.ts";
import { httpVersions, jsonOf, send } from "../support/http-client.ts";
import { predictWays } from "../support/predict-forms.ts";
import { transportOf } from "../support/ways.ts";

const features = { inputFeatures: ["f"] };
const ofTeam = (namespace: string) => ({ name: "x", namespace, ...features });

/** A server with the model `x` of two teams, whose predictions tell the two apart. */
function startServer(teams: readonly string[] = ["a", "b"]) {
  return startChangingServer({
    models: teams.map(ofTeam),
    predict: ({ model }) => JSON.stringify({ predictions: [model.namespace.charCodeAt(0)] }),
  });
}

const predictionOf = (output: { value?: unknown }): unknown =>
  (output.value as { kind: { value: { values: { kind: { value: unknown } }[] } } }).kind.value.values[0]!.kind.value;

describe.each(predictWays)("two models of one name by $name", (way) => {
  it("are listed page by page, got and predicted with, each as itself", async () => {
    const server = await startServer();
    const client = clientOf(way, server.url);
    const first = await client.listModels({ pageSize: 1 });
    const second = await client.listModels({ pageSize: 1, pageToken: first.nextPageToken });
    expect([...first.models, ...second.models]).toMatchObject([
      { name: "x", namespace: "a", holdsName: true },
      { name: "x", namespace: "b", holdsName: false },
    ]);
    for (const [namespace, found] of [
      ["", "a"],
      ["a", "a"],
      ["b", "b"],
    ] as const) {
      expect((await client.getModel({ name: "x", namespace })).model!.namespace).toBe(found);
      const { output } = await client.predict({ ...rows("x", [1]), namespace });
      expect(predictionOf(output)).toBe(found.charCodeAt(0));
      const { verdicts } = await client.evaluateModel({ ...rows("x", [1]), namespace });
      expect(verdicts[0]!.value).toMatchObject({ kind: { value: found.charCodeAt(0) } });
    }
  });

  it("are never confused while they are added and removed under load", async () => {
    const server = await startServer();
    const client = clientOf(way, server.url);
    let done = false;
    const calls = ["a", "b"].map(async (namespace) => {
      for (let made = 0; !done || made < 5; made++) {
        const answer = await client.predict({ ...rows("x", [1]), namespace }).catch(() => undefined);
        if (answer !== undefined) expect(predictionOf(answer.output)).toBe(namespace.charCodeAt(0));
      }
    });
    for (let i = 0; i < 20; i++) {
      server.apply([["a"], ["b"], ["a", "b"]][i % 3]!.map(ofTeam));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    done = true;
    await Promise.all(calls);
  });
});

describe("two models of one name", () => {
  it.each(httpVersions)("are reached over HTTP/%s below their namespaces", async (version) => {
    const server = await startServer();
    const get = async (path: string) => jsonOf(await send(version, { url: server.url, path }));
    expect(await get("/api/v1/models/x")).toMatchObject({ namespace: "a" });
    expect(await get("/api/v1/namespaces/b/models/x")).toMatchObject({ namespace: "b", holdsName: false });
    expect(await get("/api/v1/namespaces/b/models")).toMatchObject({ models: [{ namespace: "b" }] });
    expect(await get("/v1/models")).toEqual({ models: ["x"] });
    expect(await get("/namespaces/b/v1/models")).toEqual({ models: ["x"] });
    expect(await get("/namespaces/c/v1/models/x")).toEqual({ error: "Model with name x does not exist." });
    for (const path of ["/api/v1/namespaces/b/models/x/predict", "/namespaces/b/v1/models/x:predict"]) {
      const answer = await send(version, { url: server.url, path, body: '{"instances":[[1]]}' });
      expect(jsonOf(answer)).toEqual({ predictions: ["b".charCodeAt(0)] });
    }
  });

  it("have a typed service each, and the holder the bare one", async () => {
    const server = await startServer();
    const predict = async (service: string) => {
      const init = { method: "POST", headers: { "content-type": "application/json" }, body: '{"instances":[{"f":1}]}' };
      const answer = await fetch(`${server.url}/${service}/Predict`, init);
      return ((await answer.json()) as { predictions?: [{ prediction: number }] }).predictions?.[0].prediction;
    };
    expect(await predict("kserve.models.x.v1.X")).toBe(97);
    expect(await predict("kserve.namespaces.a.x.v1.X")).toBe(97);
    expect(await predict("kserve.namespaces.b.x.v1.X")).toBe(98);
    expect(await predict("kserve.namespaces.c.x.v1.X")).toBeUndefined();
  });

  it("have a health each", async () => {
    const server = await startServer();
    const health = createClient(Health, transportOf(predictWays[0]!, server.url));
    for (const model of server.registry.snapshot.models.values()) {
      const state = model.namespace === "b" ? "ready" : "unreachable";
      server.registry.setReadiness(model, { state, reason: "", checkTime: new Date() });
    }
    expect((await health.check({ service: "b/x" })).status).toBe(Status.SERVING);
    expect((await health.check({ service: "x" })).status).toBe(Status.NOT_SERVING);
    await expect(health.check({ service: "c/x" })).rejects.toThrow(/unknown service/);
    expect(Object.keys((await health.list({})).statuses)).toEqual(expect.arrayContaining(["x", "b/x"]));
  });

  it("show in a watch who comes to hold the name", async () => {
    const server = await startServer();
    const client = clientOf(predictWays[0]!, server.url);
    const seen: string[] = [];
    for await (const { event, model, changedFields } of client.watchModels({})) {
      seen.push(`${wordOf(WatchEvent, event)} ${model?.namespace ?? ""} ${changedFields.join()}`.trim());
      if (event === WatchEvent.SYNCED) server.apply([ofTeam("b")]);
      if (seen.length === 5) break;
    }
    expect(seen).toEqual(["added a", "added b", "synced", "removed a", "changed b holds_name,update_time"]);
  });
});
