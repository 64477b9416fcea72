import { Agent, request } from "node:https";
import type { Cluster } from "../../test/kube/support/cluster.ts";

const path = "/apis/aiops.platform.io/v1alpha1/namespaces/default/modelregistrations";

/** Writes ModelRegistrations, many side by side, over connections that stay open. */
export interface RegistrationWriter {
  create(name: string, url: string): Promise<void>;
  /** Resolves once the API server has accepted the change. */
  describe(name: string, description: string): Promise<void>;
  close(): void;
}

/** Creates a writer with all rights. */
export function createRegistrationWriter(cluster: Cluster, token: string, connections: number): RegistrationWriter {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const send = (method: string, below: string, contentType: string, body: object): Promise<void> =>
    new Promise((resolve, reject) => {
      const call = request(
        new URL(path + below, cluster.server),
        {
          method,
          agent,
          ca: cluster.ca,
          headers: { authorization: `Bearer ${token}`, "content-type": contentType },
        },
        (response) => {
          const { statusCode = 0 } = response;
          response.resume();
          response.once("end", () =>
            statusCode < 300 ? resolve() : reject(new Error(`${method} ${below} answered ${statusCode}`)),
          );
        },
      );
      call.on("error", reject);
      call.end(JSON.stringify(body));
    });
  return {
    create: (name, url) =>
      send("POST", "", "application/json", {
        apiVersion: "aiops.platform.io/v1alpha1",
        kind: "ModelRegistration",
        metadata: { name },
        spec: {
          modelType: "predictive",
          url,
          description: "Predicts disk failures a day ahead",
          triggers: [{ type: "metric-threshold", metric: "disk_utilization", threshold: 85 }],
          inputFeatures: ["disk_utilization", "iops", "disk_age_days"],
          featureDeclarations: [{ name: "disk_utilization", type: "number", unit: "percent", min: 0, max: 100 }],
          outputFormat: { threshold: 0.7 },
          remediationActions: [{ type: "alert", severity: "warning" }],
        },
      }),
    describe: (name, description) =>
      send("PATCH", `/${name}`, "application/merge-patch+json", { spec: { description } }),
    close: () => agent.destroy(),
  };
}
