import { writeFileSync } from "node:fs";
import { mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cluster, startCluster } from "../../test/kube/support/cluster.ts";
import { installModelRegistrations, modelsConfigMap } from "../../test/kube/support/manifests.ts";
import { specOf } from "../scale/api-server.ts";
import { createRegistrationWriter } from "../scale/registrations.ts";

/** Where one model is described, how the service reads it from there, and the hand that changes it. */
export interface Place {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  /** Resolves once the change is there: from then on watchers may know of it. */
  describe(description: string): Promise<void>;
}

export const model = "changing";

/** All places that an operator changes models in, the Kubernetes ones on a real API server. Each has the model already. */
export async function openPlaces(): Promise<{ readonly places: readonly Place[]; close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "changes-"));
  const cluster = await startCluster({ auditLog: false });
  const writer = createRegistrationWriter(cluster, 1);
  const places = [fileIn(folder), configMapOf(cluster), await registrationOf(cluster, writer)];
  for (const { describe } of places) await describe("as it begins");
  return {
    places,
    async close() {
      writer.close();
      await cluster.stop();
      await rm(folder, { recursive: true });
    },
  };
}

const documentOf = (description: string): string =>
  JSON.stringify({ models: [{ name: model, type: "anomaly", url: "http://127.0.0.1:9", description }] });

/** A file that is replaced whole, as editors and mounted volumes do it. */
function fileIn(folder: string): Place {
  const file = join(folder, "models.yaml");
  return {
    name: "models file",
    env: { KSERVE_MODELS_FILE: file },
    async describe(description) {
      writeFileSync(`${file}.new`, documentOf(description));
      await rename(`${file}.new`, file);
    },
  };
}

const inCluster = ({ kubeconfig }: Cluster): Record<string, string> => ({
  KUBECONFIG: kubeconfig,
  // Its model server would be on this machine.
  KSERVE_TRUSTED_NAMESPACES: "default",
});

function configMapOf(cluster: Cluster): Place {
  const name = "changing-models";
  return {
    name: "ConfigMap",
    env: { ...inCluster(cluster), KSERVE_KUBERNETES_SOURCES: "config-map", KSERVE_CONFIG_MAP: `default/${name}` },
    async describe(description) {
      await cluster.api.apply(modelsConfigMap(name, "default", { "models.yaml": documentOf(description) }));
    },
  };
}

async function registrationOf(cluster: Cluster, writer: ReturnType<typeof createRegistrationWriter>): Promise<Place> {
  await installModelRegistrations(cluster.api);
  await writer.create(model, specOf("http://127.0.0.1:9", "new"));
  return {
    name: "ModelRegistration",
    env: { ...inCluster(cluster), KSERVE_KUBERNETES_SOURCES: "model-registration" },
    describe: (description) => writer.describe(model, description),
  };
}
