import { Agent, request } from "node:https";
import type { Cluster } from "../../test/kube/support/cluster.ts";

const path = "/apis/aiops.platform.io/v1alpha1/namespaces/default/modelregistrations";

/** Writes ModelRegistrations, many side by side, over connections that stay open. */
export interface RegistrationWriter {
  create(name: string, spec: object): Promise<void>;
  /** Resolves once the API server has accepted the change. */
  describe(name: string, description: string): Promise<void>;
  close(): void;
}

/** Creates a writer with all rights. */
export function createRegistrationWriter(cluster: Cluster, connections: number): RegistrationWriter {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const send = (method: string, below: string, contentType: string, body: object): Promise<void> =>
    new Promise((resolve, reject) => {
      const call = request(
        new URL(path + below, cluster.server),
        {
          method,
          agent,
          ca: cluster.ca,
          headers: { authorization: `Bearer ${cluster.adminToken}`, "content-type": contentType },
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
    create: (name, spec) =>
      send("POST", "", "application/json", {
        apiVersion: "aiops.platform.io/v1alpha1",
        kind: "ModelRegistration",
        metadata: { name },
        spec,
      }),
    describe: (name, description) =>
      send("PATCH", `/${name}`, "application/merge-patch+json", { spec: { description } }),
    close: () => agent.destroy(),
  };
}
