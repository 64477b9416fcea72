import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { temporaryFolder } from "../support/certificates.ts";
import { until } from "../support/until.ts";
import { type Cluster, startCluster } from "./support/cluster.ts";
import { startLiveService } from "./support/live-service.ts";
import { installModelRegistrations, registration } from "./support/manifests.ts";

let own: Cluster;
let spoke: Cluster;
beforeAll(async () => {
  own = await startCluster({ name: "hub" });
  spoke = await startCluster({ name: "spoke-1" });
  for (const { api } of [own, spoke]) await installModelRegistrations(api);
});
afterAll(() => Promise.all([own?.stop(), spoke?.stop()]));

/** One kubeconfig with the contexts of both. */
function kubeconfigOfBoth(): string {
  const path = join(temporaryFolder(), "kubeconfig");
  const [hub, other] = [own, spoke].map(({ kubeconfig }) => parse(readFileSync(kubeconfig, "utf8")));
  const merged = { ...hub };
  for (const list of ["clusters", "users", "contexts"]) merged[list] = [...hub[list], ...other[list]];
  writeFileSync(path, stringify(merged));
  return path;
}

describe("a service of several clusters", () => {
  it("has the models of all of them, and loses each by itself", async () => {
    await own.api.apply([registration("shared", "default"), registration("hub-only", "default")]);
    await spoke.api.apply([registration("shared", "default"), registration("spoke-only", "default")]);
    const service = await startLiveService({
      KUBECONFIG: kubeconfigOfBoth(),
      KSERVE_CLUSTERS: "spoke-1",
      KSERVE_KUBERNETES_SOURCES: "model-registration",
      KSERVE_TRUSTED_NAMESPACES: "default",
      KSERVE_CLUSTER_TRUSTED_NAMESPACES: "spoke-1/default",
    });
    await service.untilModels("hub-only", "shared", "spoke-1/shared", "spoke-only");

    await spoke.killApiServer();
    await until(
      () => service.troubles().includes("model-registration spoke-1"),
      "the loss of the spoke is reported",
      20_000,
    );
    expect(service.troubles()).toEqual(["model-registration spoke-1"]);
    await own.api.apply(registration("hub-second", "default"));
    await service.untilModels("hub-only", "hub-second", "shared", "spoke-1/shared", "spoke-only");

    await spoke.startApiServer();
    await spoke.api.delete(registration("shared", "default"));
    await service.untilModels("hub-only", "hub-second", "shared", "spoke-only");
  });

  it("says which contexts there are when one is missing", async () => {
    const service = await startLiveService({
      KUBECONFIG: kubeconfigOfBoth(),
      KSERVE_CLUSTERS: "spoke-2",
      KSERVE_KUBERNETES_SOURCES: "model-registration",
    });
    await until(() => service.troubles().length === 1);
    expect(service.log.lines.map(({ problem }) => problem)).toContain(
      "the kubeconfig has no context spoke-2; it has hub, spoke-1",
    );
  });
});
