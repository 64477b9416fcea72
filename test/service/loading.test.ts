import type { ServerResponse } from "node:http";
import { describe, expect, it, onTestFinished } from "vitest";
import { WatchEvent } from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import { startService } from "../../src/compose/service.ts";
import { list, object, startFakeApiServer } from "../sources/kube/fake-api-server.ts";
import { captureLog } from "../support/captured-log.ts";
import { clientOf } from "../support/clients.ts";
import { errorOf, partsOf } from "../support/error-details.ts";
import { send } from "../support/http-client.ts";
import { wayNamed } from "../support/predict-forms.ts";
import { environmentOf, model } from "../support/running-service.ts";
import { until } from "../support/until.ts";

/** A service that listens and has one of its two sources; the other one answers when it is let. */
async function startLoading() {
  const apiServer = await startFakeApiServer();
  let held: ServerResponse | undefined;
  apiServer.onList((response) => {
    held = response;
  });
  const env = { KUBECONFIG: apiServer.access.kubeconfig!, KSERVE_KUBERNETES_SOURCES: "config-map" };
  const service = await startService(environmentOf([{ name: model }], "http://model.test", env), captureLog().log);
  onTestFinished(() => service.stop());
  await until(() => held !== undefined, "the API server is asked");
  const finish = (): void => list([])(held!, apiServer.requests[0]!);
  return { service, client: clientOf(wayNamed("grpc/2"), service.url), finish };
}

const refused = {
  code: "Unavailable",
  reason: "MODELS_NOT_LOADED",
  domain: "kserve-model-registry",
  metadata: {},
  retryMs: 200,
};

describe("a service that has not loaded its models yet", () => {
  it("does not take a part for the whole, and says when to try again", async () => {
    const { service, client, finish } = await startLoading();
    const firstEvent = async (): Promise<WatchEvent> => {
      for await (const { event } of client.watchModels({})) return event;
      throw new Error("no event came");
    };
    const calls: Record<string, () => Promise<unknown>> = {
      ListModels: () => client.listModels({}),
      GetModel: () => client.getModel({ name: "unknown" }),
      Predict: () =>
        client.predict({ name: "unknown", input: { case: "body", value: Buffer.from('{"instances":[1]}') } }),
      WatchModels: firstEvent,
    };
    for (const [rpc, call] of Object.entries(calls)) {
      const { message: _, ...parts } = partsOf(await errorOf(call())) as unknown as Record<string, unknown>;
      expect({ rpc, ...parts }).toMatchObject({ rpc, ...refused });
    }
    for (const path of ["/api/v1/models", "/v1/models", "/api/v1/models/unknown", "/v1/models/unknown"]) {
      const { status, headers } = await send("1.1", { url: service.url, path });
      expect([path, status, headers["retry-after"], headers["x-error-reason"]]).toEqual([
        path,
        503,
        "1",
        "MODELS_NOT_LOADED",
      ]);
    }
    // What is there already is there.
    expect((await client.getModel({ name: model })).model?.name).toBe(model);
    finish();
    await until(async () => (await send("1.1", { url: service.url, path: "/readyz" })).status === 200);
    expect((await client.listModels({})).models.map(({ name }) => name)).toEqual([model]);
    expect(await firstEvent()).toBe(WatchEvent.ADDED);
    expect(partsOf(await errorOf(client.getModel({ name: "unknown" })))).toMatchObject({ code: "NotFound" });
  });
});

it("a ConfigMap whose document is not UTF-8 is said to be so", async () => {
  const apiServer = await startFakeApiServer();
  const name = "kserve-model-registry";
  const binary = { ...object(name, "1", "ml"), binaryData: { "models.yaml": "//4=" } };
  apiServer.onList(list([binary]));
  const env = {
    KUBECONFIG: apiServer.access.kubeconfig!,
    KSERVE_KUBERNETES_SOURCES: "config-map",
    KSERVE_NAMESPACE: "ml",
    POD_NAMESPACE: "ml",
  };
  const { log, lines } = captureLog();
  const service = await startService(environmentOf([{ name: model }], "http://model.test", env), log);
  onTestFinished(() => service.stop());
  const said = () => lines.map((line) => JSON.stringify(line)).find((text) => text.includes("binaryData"));
  await until(() => said() !== undefined, "the log names the ConfigMap");
  expect(said()).toMatch(/ConfigMap ml\/kserve-model-registry .*is in binaryData because it is not UTF-8/);
});
