import { createClient } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { Health, HealthCheckResponse_ServingStatus as Status } from "../../gen/grpc/health/v1/health_pb.ts";
import { ServerReflection } from "../../gen/grpc/reflection/v1/reflection_pb.ts";
import { WatchEvent } from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import { wordOf } from "../../src/cli/output/words.ts";
import { parseModelEntry } from "../../src/registry/model-entry.ts";
import { runCli } from "../cli/support/run-cli.ts";
import { startChangingServer } from "../contract/changing-server.ts";
import { clientOf, rows } from "../support/clients.ts";
import { errorOf } from "../support/error-details.ts";
import { httpVersions, jsonOf, send } from "../support/http-client.ts";
import { predictWays, wayNamed } from "../support/predict-forms.ts";
import { transportOf } from "../support/ways.ts";

const spoke = { kind: "model-registration", name: "model-registration spoke-1", cluster: "spoke-1" } as const;

/** A server with the model `x` in its own cluster and in another one, whose predictions tell the two apart. */
async function startServer() {
  const server = await startChangingServer({
    models: [{ name: "x" }, { name: "y" }],
    predict: ({ model }) => JSON.stringify({ predictions: [model.cluster === "" ? 0 : 1] }),
  });
  const applySpoke = (names: readonly string[]): void => {
    const entries = names.map((name) => {
      const fields = { name, service: name, type: "anomaly", inputFeatures: ["f"] };
      return { entry: parseModelEntry(fields, "far").entry!, location: `ModelRegistration far/${name}` };
    });
    server.registry.apply(spoke, {
      entries,
      refused: [{ name: "z", location: "Z", problems: [{ field: "type", message: "missing" }] }],
    });
  };
  applySpoke(["x"]);
  return { ...server, applySpoke };
}

describe.each(predictWays)("a model of another cluster by $name", (way) => {
  it("is listed, got, predicted with and watched as cluster/name", async () => {
    const server = await startServer();
    const client = clientOf(way, server.url);
    const first = await client.listModels({ pageSize: 1 });
    expect(first.models).toMatchObject([{ name: "spoke-1/x", cluster: "spoke-1", namespace: "far" }]);
    const second = await client.listModels({ pageSize: 1, pageToken: first.nextPageToken });
    expect(second.models).toMatchObject([{ name: "x", cluster: "" }]);
    expect(await client.getModel({ name: "spoke-1/x" })).toMatchObject({
      model: { name: "spoke-1/x" },
      entries: [{ cluster: "spoke-1" }],
    });
    for (const [name, prediction] of [
      ["x", 0],
      ["spoke-1/x", 1],
    ] as const) {
      const { output, modelName } = await client.predict(rows(name, [1]));
      expect([modelName, (output.value as { kind: { value: { values: unknown[] } } }).kind.value.values]).toMatchObject(
        [name, [{ kind: { value: prediction } }]],
      );
    }
  });

  it("keeps answering to cluster/name when it gets its bare name", async () => {
    const server = await startServer();
    const client = clientOf(way, server.url);
    server.apply([]);
    expect((await client.getModel({ name: "spoke-1/x" })).model!.name).toBe("x");
    expect((await client.predict(rows("spoke-1/x", [1]))).modelName).toBe("x");
    expect((await client.predict(rows("x", [1]))).modelName).toBe("x");
  });

  it("is not found, or says why it is refused", async () => {
    const server = await startServer();
    const client = clientOf(way, server.url);
    const message = async (name: string) => (await errorOf(client.getModel({ name }))).rawMessage;
    expect(await message("spoke-1/y")).toContain("No model is registered under the name spoke-1/y");
    expect(await message("spoke-1/z")).toContain("its entry is refused, Z: type: missing");
    expect(await message("spoke-2/x")).toContain("expected the name of a model");
  });
});

describe.each(httpVersions)("a model of another cluster over HTTP/%s", (version) => {
  it.each(["spoke-1%2Fx", "spoke-1%2fx"])("stands in a path as %s", async (name) => {
    const { url } = await startServer();
    const body = '{"instances":[[1]]}';
    expect(jsonOf(await send(version, { url, path: `/api/v1/models/${name}` }))).toMatchObject({
      name: "spoke-1/x",
      cluster: "spoke-1",
    });
    expect(jsonOf(await send(version, { url, path: `/api/v1/models/${name}/predict`, body }))).toEqual({
      predictions: [1],
    });
    expect(jsonOf(await send(version, { url, path: `/v1/models/${name}:predict`, body }))).toEqual({
      predictions: [1],
    });
    const { status } = await send(version, { url, path: `/api/v1/models/${name}/contract` });
    expect(status).toBe(200);
  });
});

describe("a model of another cluster", () => {
  it("has a typed service below its cluster", async () => {
    const { url } = await startServer();
    const { typedService } = await clientOf(wayNamed("grpc/2"), url).getModel({ name: "spoke-1/x" });
    expect(typedService).toBe("kserve.clusters.spoke_1.x.v1.X");
    const answer = await send("1.1", {
      url,
      path: `/${typedService}/Predict`,
      headers: { "content-type": "application/json" },
      body: '{"instances":[{"f":1}]}',
    });
    expect(jsonOf(answer)).toEqual({ predictions: [{ value: 1, prediction: 1 }] });
    const reflection = createClient(ServerReflection, transportOf(wayNamed("grpc/2"), url));
    const request = { messageRequest: { case: "fileContainingSymbol" as const, value: typedService } };
    for await (const { messageResponse } of reflection.serverReflectionInfo(
      (async function* () {
        yield request;
      })(),
    )) {
      expect(messageResponse.case).toBe("fileDescriptorResponse");
    }
  });

  it("has a health, and labels of metrics that are its registered name", async () => {
    const server = await startServer();
    const health = createClient(Health, transportOf(wayNamed("grpc/2"), server.url));
    server.setState("spoke-1/x", "ready");
    expect((await health.check({ service: "spoke-1/x" })).status).toBe(Status.SERVING);
    expect((await health.check({ service: "x" })).status).toBe(Status.UNKNOWN);
    server.apply([]);
    server.setState("x", "not-ready");
    expect((await health.check({ service: "spoke-1/x" })).status).toBe(Status.NOT_SERVING);
  });

  it("is shown by the command line", async () => {
    const { url } = await startServer();
    const get = await runCli(["get", "spoke-1/x", "--address", url]);
    expect(get.out).toMatch(/^Name: +spoke-1\/x$/m);
    expect(get.out).toMatch(/^Cluster: +spoke-1$/m);
    expect((await runCli(["list", "--address", url])).out).toMatch(/^spoke-1\/x /m);
    expect((await runCli(["predict", "spoke-1/x", "[[1]]", "--address", url])).out).toMatch(/0 +1$/m);
    const { out } = await runCli(["list", "--all", "--address", url]);
    expect(out).toMatch(/^NOT SERVED +SOURCE +LOCATION +WHY\nz +model-registration +Z +rejected: type: missing$/m);
  });

  it("changes its name in a watch when the other one comes and goes", async () => {
    const server = await startServer();
    const seen: string[] = [];
    const steps = [() => server.apply([]), () => server.apply([{ name: "x" }])];
    for await (const { event, model } of clientOf(wayNamed("grpc/2"), server.url).watchModels({})) {
      seen.push([wordOf(WatchEvent, event), model?.name, model?.cluster].filter(Boolean).join(" "));
      if (seen.length === 4 || seen.length === 7) steps.shift()!();
      if (seen.length === 9) break;
    }
    expect(seen).toEqual([
      "added spoke-1/x spoke-1",
      "added x",
      "added y",
      "synced",
      "changed x spoke-1",
      "removed spoke-1/x spoke-1",
      "removed y",
      "added spoke-1/x spoke-1",
      "changed x",
    ]);
  });
});
