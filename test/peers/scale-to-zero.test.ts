/** A KServe model server that scales to zero: nothing wakes it but a prediction, which waits for its cold start. */
import { setTimeout as sleep } from "node:timers/promises";
import { create } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { expect, it, onTestFinished } from "vitest";
import { ModelState } from "../../gen/kserve/registry/v1/model_pb.ts";
import { ModelRegistry } from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import { TensorSchema } from "../../gen/kserve/registry/v1/prediction_pb.ts";
import { list, object, startFakeApiServer } from "../sources/kube/fake-api-server.ts";
import { startActivator } from "./support/activator.ts";
import { startKServe } from "./support/kserve-server.ts";
import { startRegistry } from "./support/registry-server.ts";

const minutes = 60_000;
const name = "anomaly-detector";

it(
  "is left asleep by readiness checks, and woken by a prediction that waits for it",
  async () => {
    const activator = await startActivator(() => startKServe("kserve-cold"));
    onTestFinished(() => activator.stop());
    const apiServer = await startFakeApiServer();
    apiServer.onList(
      list([
        {
          ...object(name, "1", "ml"),
          spec: { predictor: { minReplicas: 0 } },
          status: { address: { url: activator.url }, conditions: [{ type: "Ready", status: "True" }] },
        },
      ]),
    );
    const registry = await startRegistry("registry-scale-to-zero", [], {
      KSERVE_MODEL_REGISTRY: "",
      KUBECONFIG: apiServer.access.kubeconfig!,
      KSERVE_KUBERNETES_SOURCES: "discovery",
      KSERVE_DISCOVERY_SELECTOR: "*",
      KSERVE_NAMESPACE: "ml",
      KSERVE_TRUSTED_NAMESPACES: "ml",
    });
    onTestFinished(async () => {
      await registry.stop();
    });
    const client = createClient(ModelRegistry, createGrpcTransport({ baseUrl: registry.url }));

    // Readiness is asked for every second, of models that may be asked.
    await sleep(4_000);
    expect((await client.getModel({ name })).readiness?.state).toBe(ModelState.READY);
    expect((await fetch(`${registry.url}/v1/models/${name}`)).status).toBe(200);
    expect(activator.connections()).toBe(0);

    const value = create(TensorSchema, { shape: [1, 3], values: [0.5, 0.5, 0.5] });
    const call = { name, input: { case: "tensor" as const, value }, waitForReady: true };
    const { output } = await client.predict(call, { timeoutMs: 4 * minutes });
    expect(output).toMatchObject({ case: "tensor", value: { values: [1] } });
    expect(activator.connections()).toBeGreaterThan(0);

    // It may fall asleep again.
    const woken = activator.connections();
    await sleep(3_000);
    expect(activator.connections()).toBe(woken);
  },
  6 * minutes,
);
