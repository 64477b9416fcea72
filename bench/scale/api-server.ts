import { startCluster } from "../../test/kube/support/cluster.ts";
import { installModelRegistrations } from "../../test/kube/support/manifests.ts";
import { createRegistrationWriter } from "./registrations.ts";

/** An API server with many ModelRegistrations, and the hand that changes them. */
export interface ScaleApiServer {
  /** The path of a kubeconfig. */
  readonly kubeconfig: string;
  /** Resolves once the change is accepted: from then on watchers may know of it. */
  describe(name: string, description: string): Promise<void>;
  stop(): Promise<void>;
}

/** The spec of every model. */
export function specOf(url: string, description: string): object {
  return {
    modelType: "predictive",
    url,
    description,
    triggers: [{ type: "metric-threshold", metric: "disk_utilization", threshold: 85 }],
    inputFeatures: ["disk_utilization", "iops", "disk_age_days"],
    featureDeclarations: [{ name: "disk_utilization", type: "number", unit: "percent", min: 0, max: 100 }],
    outputFormat: { threshold: 0.7 },
    remediationActions: [{ type: "alert", severity: "warning" }],
  };
}

/** Starts a real one, and creates the models. */
export async function startRealApiServer(names: readonly string[], url: string): Promise<ScaleApiServer> {
  const connections = 64;
  const cluster = await startCluster({ auditLog: false });
  const writer = createRegistrationWriter(cluster, connections);
  await installModelRegistrations(cluster.api);
  const rest = names.values();
  const create = async (): Promise<void> => {
    for (const name of rest) await writer.create(name, specOf(url, "Predicts disk failures a day ahead"));
  };
  await Promise.all(Array.from({ length: connections }, create));
  return {
    kubeconfig: cluster.kubeconfig,
    describe: writer.describe,
    async stop() {
      writer.close();
      await cluster.stop();
    },
  };
}
