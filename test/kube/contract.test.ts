import { afterAll, beforeAll } from "vitest";
import { createDocumentReader } from "../../src/sources/document-reader.ts";
import { createConfigMapSource } from "../../src/sources/kube/config-map.ts";
import { createInferenceServiceSource } from "../../src/sources/kube/inference-service.ts";
import { createModelRegistrationSource } from "../../src/sources/kube/model-registration.ts";
import type { KubeSourceOptions } from "../../src/sources/kube/watched-source.ts";
import { type RawEntry, type SourceUnderTest, sourceContract } from "../support/source-contract.ts";
import { clientOf } from "./support/access.ts";
import { type Cluster, startCluster } from "./support/cluster.ts";
import type { KubeObject } from "./support/kube-api.ts";
import {
  inferenceService,
  installInferenceServices,
  installModelRegistrations,
  modelsConfigMap,
  newNamespace,
  registration,
  withoutSchema,
} from "./support/manifests.ts";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
  // What is wrong with an entry is the registry's to say here.
  await installModelRegistrations(cluster.api, withoutSchema);
  await installInferenceServices(cluster.api);
});
afterAll(() => cluster?.stop());

/** How a source writes entries down, and what reads them. */
interface Form {
  readonly open: (namespace: string, shared: KubeSourceOptions) => SourceUnderTest["source"];
  /** Whether one list of it may have one name several times. */
  readonly namesakes?: boolean;
  readonly objects: (namespace: string, entries: readonly RawEntry[]) => readonly KubeObject[];
}

function join(name: string, { open, objects, namesakes = false }: Form): void {
  sourceContract(
    name,
    async (entries) => {
      const namespace = await newNamespace(cluster.api);
      let written: readonly KubeObject[] = [];
      let running = true;
      const write = async (list: readonly RawEntry[]): Promise<void> => {
        if (!running) await cluster.startApiServer();
        running = true;
        const now = objects(namespace, list);
        const gone = written.filter((old) => !now.some(({ metadata }) => metadata.name === old.metadata.name));
        for (const object of gone) await cluster.api.delete(object);
        await cluster.api.apply(now);
        written = now;
      };
      await write(entries);
      const timing = {
        watch: { timeoutMs: 60_000, silenceMs: 60_000 },
        backoff: { minMs: 20, maxMs: 200 },
      };
      return {
        source: open(namespace, { client: clientOf(cluster.kubeconfig), cluster: "", trusts: () => true, timing }),
        write,
        async spoil() {
          running = false;
          await cluster.killApiServer();
        },
      };
    },
    { live: true, namesakes },
  );
}

join("ModelRegistration", {
  open: (namespace, shared) => createModelRegistrationSource({ ...shared, namespaces: [namespace] }),
  objects: (namespace, entries) =>
    entries.map(({ name, type, ...fields }) => registration(name, namespace, { ...fields, modelType: type })),
});

join("ConfigMap", {
  namesakes: true,
  open: (namespace, shared) =>
    createConfigMapSource({
      ...shared,
      namespace,
      name: "models",
      read: createDocumentReader("default"),
    }),
  objects: (namespace, models) => [modelsConfigMap("models", namespace, { "models.yaml": JSON.stringify({ models }) })],
});

join("InferenceService", {
  open: (namespace, shared) =>
    createInferenceServiceSource({ ...shared, namespaces: [namespace], selector: () => true }),
  objects: (namespace, entries) =>
    entries.map(({ name, type, description }) =>
      inferenceService(name, namespace, {
        annotations: {
          "kserve-model-registry/type": type,
          ...(description ? { "kserve-model-registry/description": description } : {}),
        },
      }),
    ),
});
